"""Lines of large text files, plain or gzip; what cannot be read is refused with its place."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from cpt_rag.errors import InvalidInputError


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number and text of every line that is not blank, as ``located_lines`` reads them."""
    return ((number, text) for number, _, text in located_lines(path))


def located_lines(path: Path) -> Iterator[tuple[int, int, str]]:
    """Number, first byte and text of every line that is not blank, without its line break.

    Args:
        path: UTF-8, or a ``.gz`` of it. A line ends with a line feed and nothing else: passages
            and sentences may hold characters that Python takes for line breaks.

    Raises:
        InvalidInputError: the file cannot be read, or is not UTF-8.
    """
    number = start = 0
    try:
        with _opened(path) as lines:
            for number, line in enumerate(lines, 1):
                text = line.decode("utf-8").rstrip("\r\n")
                if text and not text.isspace():
                    yield number, start, text
                start += len(line)
    except UnicodeDecodeError as error:
        raise bad_line(path, number, f"is not UTF-8 ({error})", "UTF-8") from error
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInputError(
            f"{path} cannot be read: {error}",
            expected="a readable file, whole if it is compressed",
            remedy="check the path, or fetch the file again",
        ) from error


def json_object(path: Path, number: int, line: str, expected: str) -> dict[str, Any]:
    """The JSON object that a line holds.

    Raises:
        InvalidInputError: it holds none, or one with half a character (a lone surrogate).
    """
    try:
        value = json.loads(line)
        if "\\u" in line:  # only an escape can smuggle in what UTF-8 cannot say
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except ValueError as error:
        raise bad_line(path, number, f"is not JSON ({error})", expected) from error
    if not isinstance(value, dict):
        raise bad_line(path, number, "is not a JSON object", expected)
    return value


def bad_line(path: Path, number: int, found: str, expected: str) -> InvalidInputError:
    """The error for line ``number`` of ``path``, ``found`` going on from there."""
    return InvalidInputError(
        f"{path}, line {number} {found}.", expected=expected, remedy="mend or remove that line"
    )


def _opened(path: Path) -> IO[bytes] | gzip.GzipFile:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")
    return path.open("rb")
