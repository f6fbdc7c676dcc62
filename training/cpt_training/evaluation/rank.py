"""The best documents of each query: by BM25, by an encoder, and by the fusion of two rankings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from cpt_training.evaluation.bm25 import Bm25Index
from cpt_training.evaluation.embed import Embedder, Matrix

DEPTH = 1000
RRF_K = 60
_CELLS = 1 << 24  # scores held at a time, 64 MiB of them
_READ_TOGETHER = 4096


@dataclass(frozen=True, slots=True)
class Ranked:
    """The documents found for one query, best first, as positions in the set."""

    documents: NDArray[np.int64]
    scores: NDArray[np.float64]


def bm25_rankings(index: Bm25Index) -> list[Ranked]:
    """Documents that share a word with the query."""
    best = _Best(index.queries, index.documents)
    for part in blocks(index.documents, _READ_TOGETHER):
        for asked in blocks(index.queries, rows_at_once(part.stop - part.start)):
            scores = index.scores(asked, part)
            scores[scores <= 0] = -np.inf
            best.add(asked, scores, part.start)
    return best.rankings()


def dense_rankings(
    embedder: Embedder, queries: Sequence[str], documents: Sequence[str]
) -> list[Ranked]:
    """Nearest documents by cosine; a blank query finds nothing and a blank document is not found.

    Documents pass in blocks, so memory holds the queries' vectors and their best so far.
    """
    vectors = embedder.queries(queries)
    blank = np.asarray([not text.strip() for text in queries], dtype=bool)
    best = _Best(len(queries), len(documents))
    for part in blocks(len(documents), _READ_TOGETHER):
        texts = documents[part]
        answers = embedder.documents(texts).T
        unseen = [not text.strip() for text in texts]
        for asked in blocks(len(queries), rows_at_once(len(texts))):
            scores = vectors[asked] @ answers
            scores[blank[asked]] = -np.inf
            scores[:, unseen] = -np.inf
            best.add(asked, scores, part.start)
    return best.rankings()


def fuse(one: Ranked, other: Ranked) -> Ranked:
    """Reciprocal rank fusion (Cormack et al. 2009), each document at 1 / (60 + rank)."""
    places = np.union1d(one.documents, other.documents)
    scores = np.zeros(len(places))
    for ranked in (one, other):
        found = np.searchsorted(places, ranked.documents)
        scores[found] += 1 / (RRF_K + 1 + np.arange(len(ranked.documents)))
    order = np.argsort(-scores, kind="stable")[:DEPTH]
    return Ranked(places[order], scores[order])


def fuse_block(one: Matrix, other: Matrix) -> NDArray[np.float64]:
    """Reciprocal rank fusion of whole score tables; tied documents share the lowest place."""
    ranks = [scipy.stats.rankdata(-block, method="max", axis=1) for block in (one, other)]
    fused: NDArray[np.float64] = 1 / (RRF_K + ranks[0]) + 1 / (RRF_K + ranks[1])
    return fused


def blocks(count: int, size: int) -> Iterator[slice]:
    """Consecutive slices of at most ``size`` that cover ``count`` rows."""
    return (slice(at, min(at + size, count)) for at in range(0, count, size))


def rows_at_once(columns: int) -> int:
    """Rows of so many scores that may be held in memory together."""
    return max(1, _CELLS // max(1, columns))


class _Best:
    """The DEPTH highest-scored documents of each query so far."""

    def __init__(self, queries: int, documents: int) -> None:
        shape = (queries, min(DEPTH, documents))
        self._scores = np.full(shape, -np.inf, dtype=np.float32)
        self._places = np.zeros(shape, dtype=np.int64)

    def add(self, asked: slice, scores: Matrix, first: int) -> None:
        """Let the documents from place ``first`` on compete; -inf is a document not found."""
        depth = self._scores.shape[1]
        merged = np.hstack([self._scores[asked], scores])
        top = np.argpartition(merged, merged.shape[1] - depth, axis=1)[:, -depth:]
        kept = np.take_along_axis(self._places[asked], np.minimum(top, depth - 1), axis=1)
        self._scores[asked] = np.take_along_axis(merged, top, axis=1)
        self._places[asked] = np.where(top < depth, kept, top - depth + first)

    def rankings(self) -> list[Ranked]:
        """Highest first; the earlier place wins a tie."""
        return [
            _ranked(scores, places)
            for scores, places in zip(self._scores, self._places, strict=True)
        ]


def _ranked(scores: NDArray[np.float32], places: NDArray[np.int64]) -> Ranked:
    order = np.lexsort((places, -scores))
    order = order[np.isfinite(scores[order])]
    return Ranked(places[order], scores[order].astype(np.float64))
