"""Rankings become one as `Fusion` says, for arms that no one engine holds together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean, stdev
from typing import Any

from cpt_rag.qdrant.fusion import RRF_K, Factor, Fusion
from cpt_rag.types import Scored


def fuse(arms: Sequence[Sequence[Scored]], fusion: Fusion) -> list[Scored]:
    """The points of all arms, best first, by the rules and factors of ``fusion``.

    Args:
        arms: the dense ranking, the sparse one, and that of `Fusion.wanted` where there is one.
        fusion: the rules.
    """
    points: dict[str, Scored] = {}
    scores: dict[str, float] = {}
    for arm, weight in zip(arms, (*fusion.weights, 1.0), strict=False):
        shares = _ranks(arm, weight) if fusion.method == "rrf" else _spread(arm)
        for point, share in zip(arm, shares, strict=True):
            points.setdefault(point.id, point)
            scores[point.id] = scores.get(point.id, 0.0) + share
    for point in points.values():
        for factor in fusion.factors:
            if _holds(factor, point.payload):
                scores[point.id] *= factor.by
    order = sorted(points, key=lambda identifier: (-scores[identifier], identifier))
    return [replace(points[identifier], score=scores[identifier]) for identifier in order]


def _ranks(arm: Sequence[Scored], weight: float) -> list[float]:
    return [1 / ((rank + 1) / weight + RRF_K - 1) for rank in range(len(arm))]


def _spread(arm: Sequence[Scored]) -> list[float]:
    """Scores as shares of the six standard deviations around their mean."""
    scores = [point.score for point in arm]
    deviation = stdev(scores) if len(scores) > 1 else 0.0
    if deviation == 0:
        return [0.5] * len(scores)
    lowest = fmean(scores) - 3 * deviation
    return [(score - lowest) / (6 * deviation) for score in scores]


def _holds(factor: Factor, payload: Mapping[str, Any]) -> bool:
    value: Any = payload
    for part in factor.path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return any(one in factor.values for one in (value if isinstance(value, list) else [value]))
