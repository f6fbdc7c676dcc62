"""Why a file that an ingestion meets is not in the collection."""

from __future__ import annotations

from enum import Enum


class Reason(str, Enum):
    """Why a walked file is not in the collection."""

    BINARY = "binary"
    TOO_LARGE = "too_large"
    UNDECODABLE = "undecodable"
    IGNORED = "ignored"
    UNREADABLE = "unreadable"
    SECRET = "secret"  # noqa: S105  (a reason, not a password)
    SYMLINK = "symlink"
    SPECIAL = "special"
    VANISHED = "vanished"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    NO_TEXT = "no_text"
    NEEDS_PDF_EXTRA = "needs cpt-rag[pdf]"
    UNSAFE_NAME = "unsafe_name"


class UnusableFileError(Exception):
    """The file is skipped; ``reason`` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
