"""The best documents of each query: by BM25, by an encoder, and by the fusion of two rankings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from cpt_training.evaluation.bm25 import Bm25Index
from cpt_training.evaluation.embed import Embedder, Matrix

DEPTH = 1000
RRF_K = 60
_CELLS = 1 << 24  # scores held at a time, 64 MiB of them
_ENCODED_TOGETHER = 4096


@dataclass(frozen=True, slots=True)
class Ranked:
    """The documents found for one query, best first, as positions in the set."""

    documents: NDArray[np.int64]
    scores: NDArray[np.float64]


def bm25_rankings(index: Bm25Index, queries: Sequence[str], documents: int) -> list[Ranked]:
    """Documents that share a word with the query."""
    rankings = []
    step = max(1, _CELLS // max(1, documents))
    for start in range(0, len(queries), step):
        scores = index.scores(queries[start : start + step])
        scores[scores <= 0] = -np.inf
        places = np.broadcast_to(np.arange(documents), scores.shape)
        rankings += _ranked(*_best(scores, places))
    return rankings


def dense_rankings(
    embedder: Embedder, queries: Sequence[str], documents: Sequence[str]
) -> list[Ranked]:
    """Nearest documents by cosine; a blank query finds nothing and a blank document is not found.

    Documents pass in blocks, so memory holds the queries' vectors and their best so far.
    """
    asked = embedder.queries(queries)
    step = min(_ENCODED_TOGETHER, max(1, _CELLS // max(1, len(queries))))
    best = np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
    blank_queries = [not text.strip() for text in queries]
    for start in range(0, len(documents), step):
        part = documents[start : start + step]
        scores = asked @ embedder.documents(part).T
        scores[blank_queries] = -np.inf
        scores[:, [not text.strip() for text in part]] = -np.inf
        places = np.broadcast_to(np.arange(start, start + len(part)), scores.shape)
        best = _best(np.hstack([best[0], scores]), np.hstack([best[1], places]))
    return _ranked(*best)


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


def _best(scores: Matrix, places: NDArray[np.int64]) -> tuple[Matrix, NDArray[np.int64]]:
    """The DEPTH highest of each row, highest first; the earlier place wins a tie."""
    if scores.shape[1] > DEPTH:
        top = np.argpartition(-scores, DEPTH - 1, axis=1)[:, :DEPTH]
        scores = np.take_along_axis(scores, top, axis=1)
        places = np.take_along_axis(places, top, axis=1)
    order = np.lexsort((places, -scores), axis=1)
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(places, order, axis=1)


def _ranked(scores: Matrix, places: NDArray[np.int64]) -> list[Ranked]:
    found = np.isfinite(scores)
    return [
        Ranked(places[i, found[i]], scores[i, found[i]].astype(np.float64))
        for i in range(len(scores))
    ]
