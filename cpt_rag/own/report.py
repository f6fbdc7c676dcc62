"""What an evaluation on a folder found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cpt_rag.evaluate import Estimate, mean_of
from cpt_rag.evaluate.measures import MEASURES, Found, Query, figure_of

BEST: Literal["ranked"] = "ranked"
OVERALL = "all"
"""The mean of the classes, each weighted alike."""

ByClass = Mapping[str, Sequence[Found]]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of one arm over the queries of one class, or over "all" classes.

    ``gain`` is what "ranked" has over this arm on the same queries; None for "ranked" itself.
    """

    query_class: str
    arm: str
    measure: str
    estimate: Estimate
    gain: Estimate | None


@dataclass(frozen=True, slots=True)
class WeightTrial:
    """The best fusion weights on one half of the queries, and what they gain on the other.

    ``weights`` are None where ranking without any was the best. ``gains`` are differences in
    nDCG@10 from that, by class. The weights are ``proposed`` where the interval of the gain over
    all classes lies above zero.
    """

    weights: tuple[float, float] | None
    chosen_on: int
    gains: Mapping[str, Estimate]

    @property
    def proposed(self) -> bool:
        """Whether the gain on queries that had no say in the choice is more than chance."""
        return self.weights is not None and overall(self.gains).low > 0


@dataclass(frozen=True, slots=True)
class Asked:
    """One query and the ranks at which each arm found its ``answers``."""

    query: Query
    answers: int
    ranks: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class RepositoryReport:
    """How well each arm answers what a folder asks of itself.

    ``queries`` counts those asked by class, ``left_out`` says why a class is not among them, and
    ``changelogs`` are files that were not indexed because they quote commits.
    """

    path: str
    encoder: str
    files: int
    chunks: int
    queries: Mapping[str, int]
    left_out: Mapping[str, str]
    changelogs: tuple[str, ...]
    figures: tuple[Figure, ...]
    weights: WeightTrial
    asked: tuple[Asked, ...]

    def figure(self, query_class: str, arm: str, measure: str) -> Figure:
        """One figure by its place.

        Raises:
            KeyError: there is none: the class was left out, or "all" is asked of a single class.
        """
        for figure in self.figures:
            if (figure.query_class, figure.arm, figure.measure) == (query_class, arm, measure):
                return figure
        raise KeyError((query_class, arm, measure))


def figures_of(founds: Mapping[str, ByClass]) -> Iterator[Figure]:
    """Every measure of every class, its gain paired query by query.

    Args:
        founds: by arm and class; the queries of a class in one order for all arms.
    """
    for measure in MEASURES:
        figures = {arm: by_class(found, measure) for arm, found in founds.items()}
        for arm, estimates in figures.items():
            for name, estimate in estimates.items():
                gain = None if arm == BEST else figures[BEST][name].minus(estimate)
                yield Figure(name, arm, measure, estimate, gain)


def by_class(found: ByClass, measure: str) -> dict[str, Estimate]:
    """One measure for each class; then, of several classes, for "all" of them."""
    estimates = {name: figure_of(founds, measure) for name, founds in found.items()}
    if len(estimates) > 1:
        estimates[OVERALL] = mean_of(list(estimates.values()))
    return estimates


def overall(estimates: Mapping[str, Estimate]) -> Estimate:
    """The figure over all classes, which of a single class is its own."""
    return estimates[OVERALL] if OVERALL in estimates else next(iter(estimates.values()))
