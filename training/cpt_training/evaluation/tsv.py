"""A column of a large file of tab-separated rows, read from the disk when it is asked for."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from cpt_training.evaluation.rows import unreadable


class TsvColumn(Sequence[str]):
    """One column of some rows; eight bytes of memory for a row, whatever its length.

    Args:
        path: UTF-8 rows that end with a line feed.
        starts: where each row begins, in bytes.
        column: which of its columns, from 0; the last of ``columns`` runs to the row's end.
        columns: how many a row has.
    """

    def __init__(self, path: Path, starts: NDArray[np.int64], column: int, columns: int) -> None:
        self._starts = starts
        self._column = column
        self._splits = columns - 1
        try:
            with path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self._text(start) for start in self._starts[place].tolist()]
        return self._text(int(self._starts[place]))

    def _text(self, start: int) -> str:
        end = self._bytes.find(b"\n", start)
        row = self._bytes[start : end if end >= 0 else len(self._bytes)]
        return row.rstrip(b"\r").split(b"\t", self._splits)[self._column].decode("utf-8")
