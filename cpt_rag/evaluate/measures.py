"""Whether hits answer a query, and how good that makes their order.

A query that asks for a place has one answer, and the first hit that overlaps it finds it. A query
that asks for files has as many answers as files, ranked by each file's first hit. A hit is right or
wrong, nothing in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log2

from cpt_rag.evaluate.commits import FileQuery
from cpt_rag.evaluate.intervals import Estimate, estimate_mean
from cpt_rag.evaluate.queries import MinedQuery
from cpt_rag.types import Hit

DEPTH = 10

Query = MinedQuery | FileQuery


@dataclass(frozen=True, slots=True)
class Found:
    """Ranks, from 1, at which a query's ``answers`` turned up, each once; best first."""

    ranks: tuple[int, ...]
    answers: int


def judge(query: Query, hits: Sequence[Hit]) -> Found:
    """Where among hits, best first, the answers of a query are."""
    if isinstance(query, MinedQuery):
        right = (rank for rank, hit in enumerate(hits, 1) if _overlaps(query, hit))
        first = next(right, None)
        return Found(() if first is None else (first,), 1)
    files = dict.fromkeys(hit.path for hit in hits)
    ranks = (rank for rank, path in enumerate(files, 1) if path in query.paths)
    return Found(tuple(ranks), len(query.paths))


def ndcg(found: Found) -> float:
    """nDCG@10 with gains of one.

    Järvelin and Kekäläinen 2002, "Cumulated Gain-Based Evaluation of IR Techniques".
    """
    ideal = sum(1 / log2(rank + 1) for rank in range(1, min(found.answers, DEPTH) + 1))
    return sum(1 / log2(rank + 1) for rank in _near(found)) / ideal


def reciprocal_rank(found: Found) -> float:
    """1 / rank of the first answer, 0 below rank 10; its mean is MRR@10."""
    return max((1 / rank for rank in _near(found)), default=0.0)


def recall(found: Found) -> float:
    """The share of the answers within the first 10."""
    return len(_near(found)) / found.answers


MEASURES: dict[str, Callable[[Found], float]] = {
    "nDCG@10": ndcg,
    "MRR@10": reciprocal_rank,
    "recall@10": recall,
}
LEADING = "nDCG@10"


def figure_of(founds: Sequence[Found], measure: str) -> Estimate:
    """The mean of a measure over queries, with its interval.

    Raises:
        InvalidInputError: there is no query.
    """
    import numpy as np

    values = [MEASURES[measure](found) for found in founds]
    return estimate_mean(np.asarray(values, dtype=np.float64))


def _overlaps(query: MinedQuery, hit: Hit) -> bool:
    return hit.path == query.path and hit.start < query.end and query.start < hit.end


def _near(found: Found) -> list[int]:
    return [rank for rank in found.ranks if rank <= DEPTH]
