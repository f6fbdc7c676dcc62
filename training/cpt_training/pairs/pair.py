"""What every miner yields."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts that say the same thing: what one would ask, and what answers it."""

    kind: str
    query: str
    document: str

    @property
    def id(self) -> str:
        """The same for the same pair, wherever it was mined."""
        content = "\x00".join((self.kind, self.query, self.document))
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
