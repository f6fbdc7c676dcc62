"""Many texts as flat arrays of token ids, on disk and in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Tokenise = Callable[[Sequence[str]], Sequence[Sequence[int]]]


@dataclass(frozen=True, slots=True)
class TokenLists:
    """Token ids end to end: text i is ``ids[offsets[i]:offsets[i + 1]]``.

    ``ids`` is int32 (tokens,), ``offsets`` int64 (n + 1,), ``keys`` uint64 (n,): equal for texts
    with equal ids.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    keys: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.keys)

    def take(self, rows: Rows) -> TokenLists:
        """The chosen texts, in that order."""
        starts, ends = self.offsets[rows], self.offsets[rows + 1]
        lengths = ends - starts
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        positions = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
        return TokenLists(self.ids[positions], offsets, self.keys[rows])

    @classmethod
    def joined(cls, parts: Sequence[TokenLists]) -> TokenLists:
        """The texts of one after those of another."""
        lengths = [np.diff(part.offsets) for part in parts]
        return cls(
            np.concatenate([np.empty(0, np.int32), *(part.ids for part in parts)]),
            np.cumsum(np.concatenate([[0], *lengths]), dtype=np.int64),
            np.concatenate([np.empty(0, np.uint64), *(part.keys for part in parts)]),
        )

    def save(self, folder: Path) -> None:
        """Write the arrays below ``folder``."""
        folder.mkdir(parents=True)
        for name in ("ids", "offsets", "keys"):
            np.save(folder / f"{name}.npy", getattr(self, name))

    @classmethod
    def load(cls, folder: Path) -> TokenLists:
        """Read what `save` wrote; ids stay on the disk until they are wanted."""
        return cls(
            np.load(folder / "ids.npy", mmap_mode="r"),
            np.load(folder / "offsets.npy"),
            np.load(folder / "keys.npy"),
        )


def tokenise(tokenise_batch: Tokenise, texts: Sequence[str]) -> TokenLists:
    """Token ids of every text."""
    rows = [np.asarray(ids, dtype=np.int32) for ids in tokenise_batch(texts)] if texts else []
    keys = b"".join(hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in rows)
    return TokenLists(
        np.concatenate([np.empty(0, np.int32), *rows]),
        np.cumsum([0, *map(len, rows)], dtype=np.int64),
        np.frombuffer(keys, dtype=np.uint64),
    )
