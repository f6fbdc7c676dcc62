"""What has been embedded before: in an older version of a file, in another clone, in another place.

The path is part of what is embedded, so that equal inputs are found among chunks of one path. The
collection is its own index of them; nothing is kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cpt_rag.collection import identity_of
from cpt_rag.errors import CptRagError
from cpt_rag.ingest.descriptions import Description, with_vectors
from cpt_rag.ingest.records import chunk_points, digest_of, moved, records_at
from cpt_rag.qdrant import check_identity

if TYPE_CHECKING:
    from cpt_rag.collection import Collection
    from cpt_rag.qdrant import Engine, Store
    from cpt_rag.types import Float32Array, Point


class Siblings:
    """The other collections of a store whose points are of the same making; a context manager.

    They are opened when they are first asked for. One that is locked, damaged or of another
    making is passed over: it could only have saved work.

    Args:
        store: where they lie.
        collection: the one that is to be filled.
    """

    def __init__(self, store: Store, collection: Collection) -> None:
        self._store = store
        self._collection = collection
        self._open: list[Engine] | None = None

    def engines(self) -> Sequence[Engine]:
        """Every such collection, open."""
        if self._open is None:
            self._open = []
            for name in self._store.collections():
                if name != self._collection.name:
                    self._consider(name)
        return self._open

    def _consider(self, name: str) -> None:
        assert self._open is not None
        with suppress(CptRagError):
            engine, identity = self._store.open(name)
            try:
                wanted = identity_of(self._collection.encoder, described=engine.spec.described)
                check_identity(identity, wanted, name)
            except CptRagError:
                engine.close()
                raise
            self._open.append(engine)

    def __enter__(self) -> Siblings:
        return self

    def __exit__(self, *exc: object) -> None:
        for engine in self._open or ():
            engine.close()


@dataclass(slots=True)
class Known:
    """What is at hand for one file: its points as they are to be, or vectors by text digest.

    ``described`` are the descriptions its chunks had, by the same digests; ``doubtful`` those of
    chunks for which no record vouches.
    """

    points: list[Point] | None = None
    vectors: dict[str, Float32Array] = field(default_factory=dict)
    described: dict[str, tuple[Description, Float32Array]] = field(default_factory=dict)
    doubtful: dict[str, tuple[Description, Float32Array]] = field(default_factory=dict)


class Reuse:
    """Looks in collections whose vectors are of the same encoder and chunker.

    Args:
        engines: the collection itself first, then others.
    """

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = engines

    def look(self, root: str, wanted: Sequence[tuple[str, str]]) -> dict[str, Known]:
        """What there is for each ``(path, sha256)`` that ``root`` is to have."""
        sha256 = dict(wanted)
        found: dict[str, Known] = {}
        for engine in self._engines:
            lacking = [p for p in sha256 if p not in found or found[p].points is None]
            # Descriptions may differ from root to root, and a file's own come first.
            for record in sorted(records_at(engine, lacking), key=lambda one: one.root != root):
                known = found.setdefault(record.path, Known())
                if known.points is not None:
                    continue
                points = list(chunk_points(engine, record))
                described = with_vectors(points)
                if not record.vouches_for(points):  # damaged, or on a store that rounds
                    known.doubtful = {**described, **known.doubtful}
                    continue
                if record.sha256 == sha256[record.path]:
                    known.points = [moved(point, root) for point in points]
                known.vectors.update(_vectors(points))
                known.described = {**described, **known.described}
        return found


def _vectors(points: Sequence[Point]) -> Iterator[tuple[str, Float32Array]]:
    for point in points:
        digest = digest_of(point)
        if digest is not None and point.dense is not None:
            yield digest, point.dense
