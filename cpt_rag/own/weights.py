"""Weights for the fusion of the dense and the sparse arm, chosen on one half of the queries.

The other half tells whether they are any better than the default: the best of several weights on
the queries they were chosen by would always look better than it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from statistics import fmean

from cpt_rag.evaluate.measures import LEADING, Query, ndcg
from cpt_rag.own.report import ByClass, WeightTrial, by_class
from cpt_rag.retrieve.search import Weights

# As Fusion counts them: weights below 1 let an arm's lower ranks count less.
_STEPS = (1.0, 0.3, 0.1)
GRID: tuple[Weights, ...] = tuple(product(_STEPS, _STEPS))

Asking = Callable[[Mapping[str, Sequence[Query]], Weights | None], ByClass]


def try_weights(asked: Mapping[str, Sequence[Query]], ask: Asking) -> WeightTrial:
    """Choose on every other query of each class and report on the rest.

    Args:
        asked: queries by class, at least two of each.
        ask: what finds answers with given weights.
    """
    first = {name: queries[0::2] for name, queries in asked.items()}
    second = {name: queries[1::2] for name, queries in asked.items()}

    def quality(weights: Weights | None) -> float:
        return fmean(fmean(map(ndcg, founds)) for founds in ask(first, weights).values())

    # Of equals the default, which is the first.
    best = max((None, *GRID), key=quality)
    before, after = by_class(ask(second, None), LEADING), by_class(ask(second, best), LEADING)
    gains = {name: after[name].minus(before[name]) for name in after}
    return WeightTrial(best, sum(map(len, first.values())), gains)
