"""Do the indexes that filters ask know what the points hold?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cpt_rag.qdrant import Engine
    from cpt_rag.types import Point


class Tallies:
    """How many points have each value of each indexed field, counted point by point.

    Args:
        engine: whose indexes are to say the same.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._counts = {field: Counter[str]() for field in engine.spec.keyword_fields}

    def add(self, point: Point) -> None:
        """Count one point."""
        for field, counts in self._counts.items():
            counts.update(_values_at(point, field))

    def different(self) -> Iterator[tuple[str, str]]:
        """Fields, and values of theirs of which the index knows more or fewer points."""
        for field, counts in self._counts.items():
            known = self._engine.tally(field)
            for value in sorted(counts.keys() | known.keys()):
                if counts[value] != known.get(value, 0):
                    yield field, value


def _values_at(point: Point, field: str) -> set[str]:
    """The strings that a point has at a dotted path."""
    value: object = point.payload
    for key in field.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list) else [value]
    return {each for each in values if isinstance(each, str)}
