"""Which negatives may be right answers, and the grades that they get.

Gao et al. (2025, "OASIS: Order-Augmented Strategy for Improved Code Search", similarity
refinement). In doubt is a negative whose similarity is beyond the parting of two Gaussians or above
its positive's, or whose syntax tree is almost the positive's. The paper asks a language model about
each and raises the similarity of those that it takes for right; without a judge all of them are
raised.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from cpt_rag.errors import InvalidInputError
from cpt_training.negatives.annotate import Labels
from cpt_training.negatives.mixture import parting
from cpt_training.negatives.tree import tree_distance
from cpt_training.supervised.triplets import Triplet


@dataclass(frozen=True, slots=True)
class Refinement:
    """How labels are refined.

    Args:
        raise_by: what is added to the similarity of a negative that may be right, up to 1. The
            paper finds it by a grid search.
        tree_below: the edit distance over the nodes of both syntax trees, in [0, 1], up to which
            two are almost the same; below 0 no trees are compared.
    """

    raise_by: float
    tree_below: float

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        for name, ok, expected in (
            ("raise_by", 0 <= self.raise_by <= 1, "a similarity in [0, 1]"),
            ("tree_below", self.tree_below <= 1, "a distance up to 1, or below 0 for none"),
        ):
            if not ok:
                raise InvalidInputError(f"{name} = {getattr(self, name)!r}.", expected=expected)


class Doubt(Enum):
    """Why a negative may be a right answer."""

    BEYOND_PARTING = "beyond_parting"
    ABOVE_POSITIVE = "above_positive"
    SAME_TREE = "same_tree"


Doubts = frozenset[Doubt]


def parting_of(labels: Sequence[Labels]) -> float | None:
    """The similarity that parts wrong pairs from right ones, None where nothing does."""
    known = [
        label for one in labels for label in (one.positive, *one.negatives) if label is not None
    ]
    return parting(np.array(known, np.float64))


def doubts(
    triplet: Triplet, labels: Labels, limit: float | None, tree_below: float
) -> tuple[Doubts, ...]:
    """What speaks against each negative of a triplet; nothing where it has no label."""

    def of(code: str, label: float | None) -> Doubts:
        if label is None:
            return frozenset()
        distance = tree_distance(triplet.positive, code, triplet.language, tree_below)
        found = {
            Doubt.BEYOND_PARTING: limit is not None and label > limit,
            Doubt.ABOVE_POSITIVE: labels.positive is not None and label > labels.positive,
            Doubt.SAME_TREE: distance is not None,
        }
        return frozenset(why for why, so in found.items() if so)

    pairs = zip(triplet.negatives, labels.negatives, strict=True)
    return tuple(of(code, label) for code, label in pairs)


def graded(triplet: Triplet, labels: Labels, raised: Collection[int], raise_by: float) -> Triplet:
    """The triplet with grades, those at the places ``raised`` higher by so much; negatives without
    a label are left out."""
    kept = [
        (code, min(1.0, label + raise_by) if place in raised else label)
        for place, (code, label) in enumerate(zip(triplet.negatives, labels.negatives, strict=True))
        if label is not None
    ]
    return Triplet(
        triplet.anchor,
        triplet.positive,
        tuple(code for code, _ in kept),
        tuple(round(grade, 4) for _, grade in kept),
        triplet.language,
    )
