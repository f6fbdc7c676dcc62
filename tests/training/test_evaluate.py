"""Ranks and intervals on cases small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pytest

from cpt_training.evaluate import bm25_similarities
from cpt_training.metrics import bootstrap, reciprocal_ranks


def test_a_rank_counts_the_candidates_that_score_at_least_as_well() -> None:
    rows = [[0.9, 0.1, 0.2], [0.8, 0.5, 0.1], [0.3, 0.3, 0.3]]
    similarities = np.asarray(rows, dtype=np.float32)
    np.testing.assert_allclose(reciprocal_ranks(similarities), [1, 1 / 2, 1 / 3])


def test_candidates_come_from_the_querys_own_pool() -> None:
    similarities = np.eye(6, dtype=np.float32)
    similarities[0, 5] = 2  # a better candidate, in another pool
    similarities[1, 2] = 2  # and one in its own
    np.testing.assert_allclose(reciprocal_ranks(similarities, pool=3), [1, 1 / 2, 1, 1, 1, 1])


def test_a_last_pool_that_is_too_small_is_joined_to_the_one_before() -> None:
    similarities = np.eye(7, dtype=np.float32)
    similarities[3, 6] = 2
    assert reciprocal_ranks(similarities, pool=3)[3] == 1 / 2


def test_an_interval_holds_the_mean_and_narrows_with_more_values() -> None:
    values = np.random.default_rng(1).random(4000)
    low, high = bootstrap(values)
    assert low < values.mean() < high
    few_low, few_high = bootstrap(values[:100])
    assert high - low < few_high - few_low


def test_bm25_ranks_the_document_that_has_the_rare_word_first() -> None:
    documents = ["def parse_config(path)", "def parse_date(text)", "def parse_url(text)"]
    scores = bm25_similarities(["parse the URL"], documents)
    assert scores.shape == (1, 3)
    assert scores[0].argmax() == 2
    assert scores[0, 0] == pytest.approx(scores[0, 1], abs=0.05)
