"""What a miner reads and what it yields."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

TEXT = "text"
"""The language of a pair that holds no code."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a package.

    Args:
        path: inside the package, parts joined by ``/``.
        language: as `cpt_rag.chunking.detect.detect_language` names it.
        text: the whole file.
        test: whether it tests the package and is no part of it.
    """

    path: str
    language: str
    text: str
    test: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts that say the same thing: what one would ask, and what answers it.

    ``language`` is that of the code on either side, `TEXT` where there is none.
    """

    kind: str
    language: str
    query: str
    document: str

    @property
    def id(self) -> str:
        """The same for the same pair, wherever it was mined."""
        content = "\x00".join((self.kind, self.query, self.document))
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
