"""Which candidates are no negatives: nearly the same text, or one asked for in the same words."""

from __future__ import annotations

from collections.abc import Iterable

from cpt_training.corpus.near import Digest, jaccard
from cpt_training.negatives.pool import Pool

NEAR = 0.7
"""Share of common five-grams of tokens from which two documents are near-duplicates."""


class Alike:
    """Compares the texts of one pool; each is read once, when it is first asked about."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries: dict[int, str] = {}
        self._documents: dict[int, Digest] = {}

    def unlike(self, row: int, candidates: Iterable[int], most: int) -> list[int]:
        """The first ``most`` candidates that are negatives of ``row``, no two of them alike."""
        taken: list[int] = []
        for candidate in candidates:
            if len(taken) == most:
                break
            asked_alike = self._query(candidate) == self._query(row)
            if not asked_alike and not any(self._near(candidate, one) for one in (row, *taken)):
                taken.append(candidate)
        return taken

    def _near(self, first: int, second: int) -> bool:
        one, other = self._document(first), self._document(second)
        if one.words == other.words:
            return True
        if one.grams is None or other.grams is None:
            return False
        fewer, more = sorted((one.grams.size, other.grams.size))
        return fewer >= NEAR * more and jaccard(one.grams, other.grams) >= NEAR

    def _query(self, row: int) -> str:
        if row not in self._queries:
            self._queries[row] = Digest.of(self._pool.queries[row]).words
        return self._queries[row]

    def _document(self, row: int) -> Digest:
        if row not in self._documents:
            self._documents[row] = Digest.of(self._pool.documents[row])
        return self._documents[row]
