"""Ranks of each query's own document among a pool of candidates.

Husain et al. (2019, "CodeSearchNet Challenge", section 4): each query ranks its own document among
1,000 candidates.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

POOL = 1000


def own_ranks(block: NDArray[np.floating], first: int = 0) -> NDArray[np.int64]:
    """Rank of document ``first + i`` for query i.

    Ties count against the query, so that equal scores cannot look like a hit.
    """
    own = block.diagonal(first)[:, None]
    ranks: NDArray[np.int64] = (block >= own).sum(axis=1)
    return ranks


def pools(n: int, pool: int = POOL) -> Iterator[tuple[slice, slice]]:
    """Queries and their candidates: every query once, each among exactly min(n, pool) documents.

    The queries of a last, smaller block meet the last ``pool`` documents.
    """
    for start in range(0, n, pool):
        end = min(start + pool, n)
        yield slice(start, end), slice(max(0, end - pool), end)


def reciprocal_ranks(similarities: NDArray[np.float32], pool: int = POOL) -> NDArray[np.float64]:
    """1 / rank of document i for query i, among the candidates that `pools` gives it.

    Args:
        similarities: float (n, n), queries by documents.
        pool: candidates of each query.
    """
    import numpy as np

    ranks = [
        own_ranks(similarities[asked, candidates], asked.start - candidates.start)
        for asked, candidates in pools(len(similarities), pool)
    ]
    return 1.0 / np.concatenate(ranks)
