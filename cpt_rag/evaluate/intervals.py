"""Figures with 95% bootstrap intervals, and paired differences between two of them.

Percentile bootstrap (Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3).
Every estimate over n units is resampled with the same draws, so the difference of two estimates,
draw by draw, is the paired bootstrap (Sakai 2006, "Evaluating Evaluation Metrics based on the
Bootstrap", section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cpt_rag.errors import InvalidInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROUNDS = 1000
_SEED = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over ``units`` queries or examples, and its value on each resample of them."""

    value: float
    units: int
    draws: NDArray[np.float64]

    @property
    def low(self) -> float:
        """Lower end of the 95% interval."""
        return self._percentile(2.5)

    @property
    def high(self) -> float:
        """Upper end of the 95% interval."""
        return self._percentile(97.5)

    @property
    def p_value(self) -> float:
        """Two-sided share of resamples on the other side of zero; of use for a difference.

        One is added to both counts (Davison and Hinkley 1997, "Bootstrap Methods and their
        Application", section 4.2), since so many resamples cannot show that it is zero.
        """
        import numpy as np

        beyond = min(int(np.sum(self.draws <= 0)), int(np.sum(self.draws >= 0)))
        return min(1.0, 2 * (beyond + 1) / (len(self.draws) + 1))

    def minus(self, other: Estimate) -> Estimate:
        """The paired difference of two systems over the same units, in the same order.

        Raises:
            InvalidInputError: the two were not measured on the same number of units.
        """
        if self.units != other.units or len(self.draws) != len(other.draws):
            raise InvalidInputError(
                f"Figures over {self.units} and {other.units} units cannot be paired.",
                expected="two systems measured on the same queries",
                remedy="measure both in one run",
            )
        return Estimate(self.value - other.value, self.units, self.draws - other.draws)

    def _percentile(self, percent: float) -> float:
        import numpy as np

        return float(np.percentile(self.draws, percent))


def estimate_mean(values: NDArray[np.floating[Any]], rounds: int = ROUNDS) -> Estimate:
    """The mean of one value for each query or example."""
    return estimate_statistic(len(values), lambda rows: float(values[rows].mean()), rounds)


def mean_of(parts: Sequence[Estimate]) -> Estimate:
    """The mean of several figures, each weighted alike, whatever its number of units.

    Every part is resampled on its own (a stratified bootstrap). Two means over the same parts in
    the same order are paired as their parts are.

    Raises:
        InvalidInputError: there is no part, or not all have equally many draws.
    """
    import numpy as np

    if len({len(part.draws) for part in parts}) != 1:
        raise InvalidInputError(
            f"{len(parts)} figures have draws of {sorted({len(p.draws) for p in parts})} rounds.",
            expected="at least one figure, all of one number of rounds",
            remedy="measure all parts in one run",
        )
    # Estimates over equally many units share their draws. Each part's are put in an order of its
    # own, which is the same for every system.
    orders = [np.random.default_rng([_SEED, i]) for i in range(len(parts))]
    shuffled = [order.permutation(p.draws) for order, p in zip(orders, parts, strict=True)]
    value = float(np.mean([part.value for part in parts]))
    units = sum(part.units for part in parts)
    return Estimate(value, units, np.mean(shuffled, axis=0))


def estimate_statistic(
    units: int, statistic: Callable[[NDArray[np.int64]], float], rounds: int = ROUNDS
) -> Estimate:
    """Any figure over ``units``, given as a function of the rows that are drawn.

    Raises:
        InvalidInputError: there is nothing to measure.
    """
    import numpy as np

    if units < 1:
        raise InvalidInputError(
            "There are no values to take a figure of.",
            expected="at least one query or example",
            remedy="check that the set is not empty",
        )
    random = np.random.default_rng(_SEED)
    draws = [statistic(random.integers(units, size=units)) for _ in range(rounds)]
    return Estimate(statistic(np.arange(units)), units, np.asarray(draws, dtype=np.float64))
