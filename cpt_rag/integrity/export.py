"""Every point of a collection as plain data, so that two collections can be compared by a tool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cpt_rag.qdrant import Engine
    from cpt_rag.types import Point


def export(engine: Engine) -> Iterator[dict[str, Any]]:
    """Each point, sorted by id: ``{"id", "payload", "vectors"}``, vectors by name.

    Records are among them. A dense vector is a list of numbers, a sparse one ``{"indices",
    "values"}``, its indices sorted; what a point lacks is not there. Numbers are those stored,
    exactly.
    """
    for point in engine.scroll(with_vectors=True):
        yield {"id": point.id, "payload": point.payload, "vectors": _vectors(point, engine)}


def _vectors(point: Point, engine: Engine) -> dict[str, Any]:
    vectors: dict[str, Any] = {}
    named = ((engine.spec.dense, point.dense), (engine.spec.description, point.described))
    for name, vector in named:
        if vector is not None:
            vectors[name] = [float(number) for number in vector]
    if point.sparse is not None:
        terms = sorted(zip(point.sparse.indices, point.sparse.values, strict=True))
        vectors[engine.spec.sparse] = {
            "indices": [int(index) for index, _ in terms],
            "values": [float(value) for _, value in terms],
        }
    return vectors
