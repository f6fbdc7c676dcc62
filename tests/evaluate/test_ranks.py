"""Ranks on cases small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pytest

from cpt_rag.evaluate import own_ranks, pools, reciprocal_ranks


def test_a_rank_counts_the_candidates_that_score_at_least_as_well() -> None:
    rows = [[0.9, 0.1, 0.2], [0.8, 0.5, 0.1], [0.3, 0.3, 0.3]]
    similarities = np.asarray(rows, dtype=np.float32)
    np.testing.assert_allclose(reciprocal_ranks(similarities), [1, 1 / 2, 1 / 3])


def test_candidates_come_from_the_querys_own_pool() -> None:
    similarities = np.eye(6, dtype=np.float32)
    similarities[0, 5] = 2  # a better candidate, in another pool
    similarities[1, 2] = 2  # and one in its own
    np.testing.assert_allclose(reciprocal_ranks(similarities, pool=3), [1, 1 / 2, 1, 1, 1, 1])


def test_a_last_query_without_a_full_pool_meets_the_last_candidates() -> None:
    similarities = np.eye(7, dtype=np.float32)
    similarities[3, 6] = 2  # query 3 has a full pool of its own
    similarities[6, 4] = 2
    similarities[6, 3] = 2  # beyond the last three
    np.testing.assert_allclose(reciprocal_ranks(similarities, pool=3), [1, 1, 1, 1, 1, 1, 1 / 2])


def test_the_own_document_may_stand_further_right() -> None:
    block = np.asarray([[0.9, 0.5, 0.1], [0.1, 0.2, 0.7]], dtype=np.float32)
    assert own_ranks(block, first=1).tolist() == [2, 1]


@pytest.mark.parametrize("n", [1, 5, 9, 10, 11, 20, 25])
def test_every_query_meets_its_own_document_among_equally_many(n: int) -> None:
    asked: list[int] = []
    for queries, candidates in pools(n, pool=10):
        assert len(range(n)[candidates]) == min(n, 10)
        assert candidates.start <= queries.start
        assert queries.stop <= candidates.stop
        asked += range(n)[queries]
    assert asked == list(range(n))
