"""What one query asks of each vector, and how hard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cpt_rag.qdrant.engine import FILTERED_EF
from cpt_rag.qdrant.filters import Where
from cpt_rag.qdrant.fusion import Fusion
from cpt_rag.qdrant.spec import CollectionSpec
from cpt_rag.types import SparseVector

if TYPE_CHECKING:
    from cpt_rag.types import Float32Array


@dataclass(frozen=True, slots=True)
class Arm:
    """The nearest to ``vector`` by the vectors called ``using``, among what matches all ``where``.

    ``weight`` is what it counts in a fusion by ranks.
    """

    using: str
    vector: Float32Array | SparseVector
    weight: float
    where: tuple[Where, ...]


@dataclass(frozen=True, slots=True)
class Arms:
    """What is asked for by each vector: the ``prefetch`` nearest among what matches ``where``."""

    dense: Float32Array | None
    sparse: SparseVector | None
    described: Float32Array | None
    where: Where | None
    prefetch: int

    def each(self, spec: CollectionSpec, fusion: Fusion) -> list[Arm]:
        """The arms in the order of their fusion; beside others, one for what is wanted."""
        among = () if self.where is None else (self.where,)
        by_meaning, by_words = fusion.weights
        found = []
        if self.dense is not None:
            found.append(Arm(spec.dense, self.dense, by_meaning, among))
        if self.sparse is not None:
            found.append(Arm(spec.sparse, self.sparse, by_words, among))
        if self.described is not None:
            found.append(Arm(spec.description, self.described, by_meaning, among))
        if len(found) > 1 and self.dense is not None and fusion.wanted is not None:
            found.append(Arm(spec.dense, self.dense, 1.0, (*among, fusion.wanted)))
        return found


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard one arm is searched: None and false leave it to the engine.

    ``ef`` candidates are kept, ``acorn`` walks past what a filter keeps out, and ``oversampling``
    times as many points as asked for are found in the quantised copy and scored again.
    """

    ef: int | None = None
    acorn: bool = False
    oversampling: float | None = None

    @classmethod
    def of(cls, spec: CollectionSpec, arm: Arm) -> Effort:
        """What ``spec`` asks of a query by this arm."""
        graph = arm.using != spec.sparse
        ef = spec.hnsw.search_ef if graph else None
        if arm.where:
            ef = max(ef or 0, FILTERED_EF)
        quantised = spec.quantisation if graph else None
        return cls(ef, bool(arm.where), None if quantised is None else quantised.oversampling)
