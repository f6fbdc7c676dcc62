"""What can be seen of a collection through its engine, to compare a hurt one with a whole one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from pathlib import Path

from cpt_rag.integrity import export
from cpt_rag.qdrant import PAGE_CONTENT, Engine, Where, open_store

COLLECTION = "docs"
QUERIES = 50


def exported(store: Path) -> list[str]:
    """Every point as a line of JSON, sorted by id."""
    engine, _ = open_store(store).open(COLLECTION)
    with engine:
        return [json.dumps(point, sort_keys=True) for point in export(engine)]


@dataclass(frozen=True, slots=True)
class Observed:
    """Digests of all points, of what searches give, and of what filters count."""

    points: str
    dense: str
    sparse: str
    filtered: str
    counts: str

    def differences(self, other: Observed) -> list[str]:
        """Names of what is not the same."""
        return [f.name for f in fields(self) if getattr(self, f.name) != getattr(other, f.name)]


def observe(store: Path) -> Observed:
    """Open the collection, look at everything, close it."""
    engine, _ = open_store(store).open(COLLECTION)
    with engine:
        return Observed(
            points=_digest(list(export(engine))),
            dense=_digest(_searches(engine, "dense")),
            sparse=_digest(_searches(engine, "sparse")),
            filtered=_digest(_searches(engine, "filtered")),
            counts=_digest(_counts(engine)),
        )


def _searches(engine: Engine, kind: str) -> list[object]:
    """Nearest points of stored ones."""
    points = [p for p in engine.scroll(with_vectors=True) if PAGE_CONTENT in p.payload]
    found: list[object] = []
    for point in points[:: max(1, len(points) // QUERIES)]:
        where = None
        if kind == "filtered":
            where = Where({"metadata.path": [point.payload["metadata"]["path"]]})
        hits = engine.query(
            dense=None if kind == "sparse" else point.dense,
            sparse=point.sparse if kind == "sparse" else None,
            where=where,
        )
        found.append([(hit.id, round(hit.score, 5)) for hit in hits])
    return found


def _counts(engine: Engine) -> list[object]:
    """How many points each value of each indexed field has, asked for one by one."""
    counts: list[object] = []
    for field in engine.spec.keyword_fields:
        values = engine.values(field)
        counts.append([(field, value, engine.count(Where({field: [value]}))) for value in values])
    return counts


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
