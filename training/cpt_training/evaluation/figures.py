"""What an evaluation measured: figures in rows, one for each system, set and measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cpt_rag.evaluate import Estimate

# Per-system figures of one measure on one set.
BySystem = Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Figure:
    """One system's figure; ``difference`` is against the first model, None for that model."""

    family: str
    dataset: str
    measure: str
    system: str
    estimate: Estimate
    difference: Estimate | None


@dataclass(frozen=True, slots=True)
class Part:
    """What one step of a set gave.

    ``notes`` say what a reader has to know of the rows behind the figures, such as those left out;
    ``more`` whether the set has further parts to come.
    """

    figures: list[Figure]
    notes: tuple[str, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Speed:
    """What a system costs on this machine.

    ``documents_per_second`` is over the documents that this run ranked, each embedded once;
    ``cold_seconds`` runs from starting Python to the first vector; ``megabytes`` counts weights.
    """

    system: str
    documents: int
    documents_per_second: float | None
    cold_seconds: float | None
    megabytes: float


def compare(family: str, dataset: str, measure: str, systems: BySystem, first: str) -> list[Figure]:
    """Rows for every system, each set against ``first`` on the same queries."""
    reference = systems.get(first)
    return [
        Figure(
            family,
            dataset,
            measure,
            name,
            estimate,
            None if reference is None or name == first else estimate.minus(reference),
        )
        for name, estimate in systems.items()
    ]
