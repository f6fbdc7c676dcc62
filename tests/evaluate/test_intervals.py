"""Intervals hold what they should, and differences are paired."""

from __future__ import annotations

import numpy as np
import pytest

from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate import estimate_mean, estimate_statistic

VALUES = np.random.default_rng(1).random(4000)


def test_an_interval_holds_the_mean_and_narrows_with_more_values() -> None:
    many, few = estimate_mean(VALUES), estimate_mean(VALUES[:100])
    assert many.value == pytest.approx(VALUES.mean())
    assert many.low < many.value < many.high
    assert many.high - many.low < few.high - few.low


def test_an_interval_is_that_of_the_normal_approximation_on_many_values() -> None:
    estimate = estimate_mean(VALUES)
    half = 1.96 * VALUES.std() / np.sqrt(len(VALUES))
    assert estimate.low == pytest.approx(VALUES.mean() - half, abs=half / 5)
    assert estimate.high == pytest.approx(VALUES.mean() + half, abs=half / 5)


def test_a_small_difference_on_every_query_is_clear_although_the_intervals_overlap() -> None:
    one, other = estimate_mean(VALUES), estimate_mean(VALUES + 0.001)
    difference = other.minus(one)
    assert other.low < one.high
    assert difference.low == pytest.approx(0.001)
    assert difference.high == pytest.approx(0.001)
    assert 0 < difference.p_value < 0.005


def test_a_difference_of_nothing_but_noise_is_not_clear() -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, len(VALUES))
    noise -= noise.mean()
    difference = estimate_mean(VALUES + noise).minus(estimate_mean(VALUES))
    assert difference.low < 0 < difference.high
    assert difference.p_value > 0.5


def test_any_statistic_of_the_drawn_rows_has_an_interval() -> None:
    estimate = estimate_statistic(len(VALUES), lambda rows: float(np.median(VALUES[rows])))
    assert estimate.low <= float(np.median(VALUES)) <= estimate.high


def test_figures_over_different_queries_cannot_be_paired() -> None:
    with pytest.raises(InvalidInputError, match="over 10 and 9 units"):
        estimate_mean(VALUES[:10]).minus(estimate_mean(VALUES[:9]))


def test_nothing_has_no_figure() -> None:
    with pytest.raises(InvalidInputError, match="no values"):
        estimate_mean(VALUES[:0])
