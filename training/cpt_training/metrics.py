"""Ranks by the CodeSearchNet protocol, and intervals.

Husain et al. (2019, "CodeSearchNet Challenge", section 4): each query ranks its own document among
1,000 candidates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

POOL = 1000


def reciprocal_ranks(similarities: NDArray[np.float32], pool: int = POOL) -> NDArray[np.float64]:
    """1 / rank of document i for query i, among its pool of candidates.

    Args:
        similarities: float (n, n), queries by documents; rows are cut into blocks of ``pool``.
        pool: candidates of each query; a last, smaller block is joined to the one before.
    """
    n = len(similarities)
    starts = range(0, max(n - pool, 0) + 1, pool)
    ranks = []
    for start in starts:
        end = n if start == starts[-1] else start + pool
        block = similarities[start:end, start:end]
        own = block.diagonal()[:, None]
        # Ties count against the query, so that equal scores cannot look like a hit.
        ranks.append((block >= own).sum(axis=1))
    return 1.0 / np.concatenate(ranks)


def bootstrap(values: NDArray[np.float64], rounds: int = 1000) -> tuple[float, float]:
    """95% percentile interval of the mean."""
    random = np.random.default_rng(0)
    means = [values[random.integers(len(values), size=len(values))].mean() for _ in range(rounds)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
