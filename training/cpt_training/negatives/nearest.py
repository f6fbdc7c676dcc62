"""The nearest documents of each query that score clearly below its own, a block at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cpt_training.data.tokens import Rows

CELLS = 1 << 25
"""Similarities in memory at a time: 128 MiB."""


def nearest(
    queries: NDArray[np.float32], documents: NDArray[np.float32], own: Rows, below: float, most: int
) -> Iterator[Rows]:
    """For each query the rows of the nearest documents, the nearest first, at most ``most``.

    Moreira et al. (2024, "NV-Retriever: Improving text embedding models with effective
    hard-negative mining", TopK-PercPos): only documents that score less than ``below`` times the
    query's own are taken, for what scores like the right answer may be one.

    Args:
        queries: unit rows, float32 (n, d).
        documents: unit rows, float32 (m, d).
        own: int64 (n,), the row of each query's own document.
        below: the share of the own document's score; infinity takes all others. Of a score that
            is not above 0 a share says nothing, and nothing is taken.
        most: how many, at least 1.
    """
    step = max(1, CELLS // max(1, len(documents)))
    for start in range(0, len(queries), step):
        mine = own[start : start + step]
        scores = queries[start : start + step] @ documents.T
        places = np.arange(len(mine))
        right = scores[places, mine].astype(np.float64)
        # A share of a score below 0 would be above it; nothing is below NaN.
        limits = np.where(right > 0, right, np.nan) * below
        scores[~(scores < limits[:, None])] = -np.inf
        scores[places, mine] = -np.inf
        for row in scores:
            yield _best(row, most)


def _best(scores: NDArray[np.float32], most: int) -> Rows:
    """The places of the highest finite scores; of equal ones the first."""
    if most < len(scores):
        # Nothing that is equal to the last one may be lost before the places decide.
        least = np.partition(scores, len(scores) - most)[len(scores) - most]
        places = np.flatnonzero((scores >= least) & (scores > -np.inf))
    else:
        places = np.flatnonzero(scores > -np.inf)
    return places[np.argsort(-scores[places], kind="stable")][:most]
