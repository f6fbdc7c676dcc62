"""Bytes of a file, and the text that is in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cpt_rag.ingest.encodings import decode_certain, shows_binary
from cpt_rag.ingest.pdf import LANGUAGE, pdf_text
from cpt_rag.ingest.reasons import Reason, UnusableFileError
from cpt_rag.ingest.regular import read_regular
from cpt_rag.ingest.secrets import holds_secret
from cpt_rag.types import UTF8

MAX_BYTES = 1 << 20
# Of these, text is a small part.
MAX_PDF_BYTES = 32 << 20
PDF_MARK = b"%PDF-"


@dataclass(frozen=True, slots=True)
class Extracted:
    """A file's text, which spans are of, and how it came out of the bytes.

    ``encoding`` is a codec's name; ``language`` is set where the bytes themselves say it.
    """

    text: str
    encoding: str = UTF8
    language: str | None = None


def read_bytes(path: Path) -> bytes:
    """Whole content of ``path``.

    Raises:
        UnusableFileError: larger than 1 MiB (a PDF: 32 MiB), vanished, or not readable.
    """
    try:
        content = read_regular(path, MAX_BYTES + 1)
        if len(content) > MAX_BYTES and content.startswith(PDF_MARK):
            content = read_regular(path, MAX_PDF_BYTES + 1)
    except FileNotFoundError as error:
        raise UnusableFileError(Reason.VANISHED) from error
    except OSError as error:
        raise UnusableFileError(Reason.UNREADABLE) from error
    most = MAX_PDF_BYTES if content.startswith(PDF_MARK) else MAX_BYTES
    if len(content) > most:
        raise UnusableFileError(Reason.TOO_LARGE)
    return content


def extract(content: bytes) -> Extracted:
    """The text of a file's content: line endings as they are, a PDF's as its pages give it.

    Raises:
        UnusableFileError: binary, a secret, in no encoding that can be told with certainty, or
            a PDF without text that can be had.
    """
    if content.startswith(PDF_MARK):
        found = Extracted(pdf_text(content), language=LANGUAGE)
    else:
        decoded = decode_certain(content)
        if decoded is None:
            raise UnusableFileError(Reason.BINARY if shows_binary(content) else Reason.UNDECODABLE)
        found = Extracted(*decoded)
    if holds_secret(found.text):
        raise UnusableFileError(Reason.SECRET)
    return found


def decode(content: bytes) -> str:
    """The text alone; raises as ``extract`` does."""
    return extract(content).text
