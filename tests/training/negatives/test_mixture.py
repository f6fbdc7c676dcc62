"""Where wrong pairs part from right ones."""

from __future__ import annotations

import numpy as np
import pytest

from cpt_training.negatives import mixture
from cpt_training.negatives.mixture import parting

random = np.random.default_rng(0)
TWO = np.concatenate([random.normal(0.3, 0.08, 3000), random.normal(0.75, 0.08, 1000)])


def test_two_heaps_part_where_both_are_as_likely() -> None:
    # Of equal widths: the middle, moved towards the smaller heap by the logarithm of their sizes.
    expected = (0.3 + 0.75) / 2 + 0.08**2 * np.log(3) / (0.75 - 0.3)
    assert parting(TWO) == pytest.approx(expected, abs=0.01)


def test_the_order_of_the_similarities_does_not_matter() -> None:
    assert parting(TWO[::-1]) == pytest.approx(parting(TWO), abs=1e-6)


def test_one_heap_has_no_parting() -> None:
    assert parting(random.normal(0.5, 0.1, 2000)) is None


@pytest.mark.parametrize("few", [[], [0.5], [0.2, 0.2, 0.9]])
def test_a_few_similarities_have_no_parting(few: list[float]) -> None:
    assert parting(np.array(few, np.float64)) is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("similarities", "low", "high"),
    [
        ([1.0] * 500 + [0.1, 0.2, 0.3, 0.4], 0.4, 1.0),
        ([0.0] * 500 + [1.0] * 500 + [0.4, 0.6], 0.4, 0.6),
        ([0.2, 0.2000001] * 50 + [0.8, 0.8000001] * 50, 0.4, 0.6),
    ],
    ids=["one spike", "two spikes", "equal widths"],
)
def test_heaps_without_width_part_between_them(
    similarities: list[float], low: float, high: float
) -> None:
    found = parting(np.array(similarities, np.float64))
    assert found is not None
    assert low < found < high


def test_similarities_that_differ_by_their_last_digits_have_no_parting() -> None:
    assert parting(np.linspace(0.5, 0.5 + 5e-10, 500)) is None


def test_many_similarities_are_drawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = parting(TWO)
    assert whole is not None
    monkeypatch.setattr(mixture, "MOST", 1000)
    assert parting(TWO) == parting(TWO) == pytest.approx(whole, abs=0.05)
