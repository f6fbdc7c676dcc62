"""What is written about."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subject:
    """A stretch of code, and where it stands.

    Args:
        package: the package's or the folder's name.
        path: inside it, parts joined by ``/``.
        symbol: qualified name of the definition; "" where it is none.
        language: as `cpt_rag.chunking.detect.detect_language` names it.
        licence: an SPDX identifier; "" for a folder, which names none.
        code: what the model reads.
    """

    package: str
    path: str
    symbol: str
    language: str
    licence: str
    code: str

    @property
    def name(self) -> str:
        """The last part of the symbol."""
        return self.symbol.rpartition(".")[2]


def digest(code: str) -> str:
    """sha256 of a code: an order of subjects that has nothing to do with where they stand."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
