"""How what several vectors find becomes one ranking, inside the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cpt_rag.errors import InvalidInputError
from cpt_rag.qdrant.filters import Where

RRF_K = 60
EQUAL = (1.0, 1.0)

Method = Literal["rrf", "dbsf"]


@dataclass(frozen=True, slots=True)
class Factor:
    """Multiplies the fused score of points whose field ``path`` equals any of ``values``."""

    path: str
    values: Sequence[str]
    by: float

    def __post_init__(self) -> None:
        Where({self.path: self.values})
        if not self.by > 0:
            raise InvalidInputError(f"a factor of {self.by}", expected="a positive number")
        object.__setattr__(self, "values", tuple(self.values))


@dataclass(frozen=True, slots=True)
class Fusion:
    """Arms that are asked, how their rankings are fused, and what then changes the score.

    ``rrf`` sums 1 / ((rank + 1) / weight + 59) over the arms, ranks from 0: reciprocal rank fusion
    (Cormack et al. 2009) with k = 60, where a weight below 1 lets an arm's lower ranks count less.
    ``dbsf`` sums scores, each arm's scaled to three standard deviations around its mean, and knows
    no weights. A point that one arm alone found has nothing from the other.

    Args:
        method: "rrf" or "dbsf".
        weights: of the dense and of the sparse arm; that of descriptions counts as the dense one.
        wanted: one more arm, of weight 1: the nearest to the dense vector among these points alone,
            so that they are candidates however far they are.
        factors: applied to the fused scores, all that match.

    Raises:
        InvalidInputError: a weight that is not positive, or weights beside ``dbsf``.
    """

    method: Method = "rrf"
    weights: tuple[float, float] = EQUAL
    wanted: Where | None = None
    factors: tuple[Factor, ...] = ()

    def __post_init__(self) -> None:
        if not all(weight > 0 for weight in self.weights):
            raise InvalidInputError(f"weights of {self.weights}", expected="positive numbers")
        if self.method == "dbsf" and self.weights != EQUAL:
            raise InvalidInputError(
                f"weights of {self.weights} beside dbsf", expected="weights with rrf alone"
            )
