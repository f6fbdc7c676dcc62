"""Bytes of a file, their hash, and their text."""

from __future__ import annotations

import codecs
from pathlib import Path

from cpt_rag.ingest.walk import Reason

MAX_BYTES = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class UnusableFileError(Exception):
    """The file is skipped; ``reason`` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def read_bytes(path: Path) -> bytes:
    """Whole content of ``path``.

    Raises:
        UnusableFileError: larger than 1 MiB, or not readable.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnusableFileError(Reason.UNREADABLE) from error
    if len(content) > MAX_BYTES:
        raise UnusableFileError(Reason.TOO_LARGE)
    return content


def decode(content: bytes) -> str:
    """Text of ``content``, line endings as they are, a byte-order mark taken as such.

    Raises:
        UnusableFileError: binary, or in no encoding that can be told with certainty.
    """
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in content:
        raise UnusableFileError(Reason.BINARY)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnusableFileError(Reason.UNDECODABLE) from error
