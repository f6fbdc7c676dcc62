"""Rows of evaluation files; a bad one is refused with its file and line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cpt_rag.errors import InvalidInputError

Fields = Mapping[str, type | tuple[type, ...]]
NUMBER = (int, float)


def json_rows(path: Path, fields: Fields) -> Iterator[dict[str, Any]]:
    """The rows of a JSON Lines file, each with at least ``fields`` of those types."""
    for number, line in text_lines(path):
        try:
            row = json.loads(line, parse_constant=_refuse)
        except ValueError as error:
            raise bad_row(path, number, f"is not JSON ({error})") from error
        if not isinstance(row, dict):
            raise bad_row(path, number, "is not a JSON object")
        for name, kind in fields.items():
            if not isinstance(row.get(name), kind):
                raise bad_row(path, number, f"has no usable {name!r}: {row.get(name)!r}")
        yield row


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines of a UTF-8 file, blank ones left out."""
    number = 0
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise bad_row(path, number + 1, f"or one soon after is not UTF-8 ({error})") from error
    except OSError as error:
        raise unreadable(path, error) from error


def bad_row(path: Path, number: int, what: str) -> InvalidInputError:
    """The error for line ``number`` of ``path``."""
    return InvalidInputError(
        f"{path}, line {number} {what}.",
        expected="one row of the set on each line",
        remedy="mend that line, or leave the set out with --sets",
    )


def unreadable(path: Path, error: Exception) -> InvalidInputError:
    """The error for a file that cannot be opened or decoded."""
    return InvalidInputError(
        f"{path} cannot be read: {error}",
        expected="a readable file",
        remedy="check the data folder, or leave this set out with --sets",
    )


def empty_file(path: Path, what: str) -> InvalidInputError:
    """The error for a file without any row of use."""
    return InvalidInputError(
        f"{path} holds no {what}.",
        expected="at least one",
        remedy="restore the file, or leave the set out with --sets",
    )
