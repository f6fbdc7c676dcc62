"""Intervals hold what they should, and differences are paired."""

from __future__ import annotations

import numpy as np
import pytest

from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate import estimate_mean, estimate_statistic, mean_of

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


def test_a_mean_of_figures_weighs_each_alike() -> None:
    many, few = estimate_mean(np.ones(1000)), estimate_mean(np.zeros(10))
    mean = mean_of([many, few])
    assert mean.value == 0.5
    assert mean.units == 1010
    assert mean.low == mean.high == 0.5


def test_a_mean_over_parts_is_as_sure_as_their_independent_resamples_make_it() -> None:
    # The very same values twice: were both resampled by the same draws, the mean would be as wide.
    parts = [estimate_mean(VALUES), estimate_mean(VALUES)]
    width = [estimate.high - estimate.low for estimate in (parts[0], mean_of(parts))]
    assert width[1] == pytest.approx(width[0] / np.sqrt(2), rel=0.1)


def test_means_of_two_systems_over_the_same_parts_are_paired() -> None:
    parts = VALUES[:1000], VALUES[1000:]
    one = mean_of([estimate_mean(part) for part in parts])
    other = mean_of([estimate_mean(part + 0.001) for part in parts])
    difference = other.minus(one)
    assert difference.low == pytest.approx(0.001)
    assert difference.high == pytest.approx(0.001)


def test_a_mean_needs_figures_of_one_number_of_rounds() -> None:
    with pytest.raises(InvalidInputError, match="0 figures"):
        mean_of([])
    with pytest.raises(InvalidInputError, match=r"\[100, 1000\] rounds"):
        mean_of([estimate_mean(VALUES), estimate_mean(VALUES, rounds=100)])
