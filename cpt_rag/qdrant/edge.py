"""The embedded engine: a collection as one qdrant-edge shard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cpt_rag.qdrant.edge_shard import Shard
from cpt_rag.qdrant.engine import RRF_K
from cpt_rag.qdrant.filters import Where
from cpt_rag.qdrant.gated import PAGE, GatedEngine, read_point
from cpt_rag.qdrant.identity import IDENTITY_ID
from cpt_rag.qdrant.lock import CollectionLock
from cpt_rag.qdrant.seal import Seal
from cpt_rag.qdrant.spec import CollectionSpec
from cpt_rag.types import Point, Scored, SparseVector

if TYPE_CHECKING:
    import qdrant_edge

    from cpt_rag.types import Float32Array

ACORN_SELECTIVITY = 1.0
"""Filters that keep up to this share of the points are searched with ACORN, that is, all."""


class EdgeEngine(GatedEngine):
    """An ``Engine`` over a shard; the point that carries its identity is never seen through it.

    Args:
        name: the collection's name.
        spec: its shape.
        shard: the open shard, closed with the engine.
        seal: lifted before the first write, put back on a clean close.
        lock: held until the engine closes.
    """

    def __init__(
        self, name: str, spec: CollectionSpec, shard: Shard, seal: Seal, lock: CollectionLock
    ) -> None:
        super().__init__(name, spec)
        self._shard = shard
        self._seal = seal
        self._lock = lock

    def _upsert(self, points: list[Point]) -> None:
        import qdrant_edge

        self._write(
            qdrant_edge.UpdateOperation.upsert_points([to_edge(p, self._spec) for p in points])
        )

    def _delete(self, where: Where) -> None:
        import qdrant_edge

        self._write(qdrant_edge.UpdateOperation.delete_points_by_filter(_visible(where)))

    def _delete_ids(self, ids: list[str]) -> None:
        import qdrant_edge

        self._write(qdrant_edge.UpdateOperation.delete_points(list(ids)))

    def _write(self, operation: qdrant_edge.UpdateOperation) -> None:
        self._shard.run(lambda _: self._seal.lift())
        self._shard.update(operation)

    def _query(
        self,
        dense: Float32Array | None,
        sparse: SparseVector | None,
        limit: int,
        prefetch: int,
        where: Where | None,
    ) -> list[Scored]:
        import qdrant_edge as qe

        arms = [arm for arm in (self._dense_arm(dense), self._sparse_arm(sparse)) if arm]
        chosen = None if where is None else _filter(where)
        # The graph alone loses a tenth of the neighbours under a filter.
        acorn = qe.AcornSearchParams(enable=True, max_selectivity=ACORN_SELECTIVITY)
        params = None if where is None else qe.SearchParams(acorn=acorn)
        fusion: Any = qe.Fusion.Rrf(k=RRF_K)  # the stub knows no subclass relation
        if len(arms) == 1:
            request = qe.QueryRequest(
                limit, query=arms[0], filter=chosen, params=params, with_payload=True
            )
        else:
            request = qe.QueryRequest(
                limit,
                query=fusion,
                prefetches=[
                    qe.Prefetch(prefetch, query=arm, filter=chosen, params=params) for arm in arms
                ],
                with_payload=True,
            )
        found = self._shard.run(lambda shard: shard.query(request))
        return [Scored(str(hit.id), hit.score, hit.payload or {}) for hit in found]

    def _dense_arm(self, vector: Float32Array | None) -> qdrant_edge.Query | None:
        import qdrant_edge as qe

        if vector is None:
            return None
        return qe.Query.Nearest(vector, using=self._spec.dense)  # type: ignore[arg-type]  # its stub knows lists only

    def _sparse_arm(self, vector: SparseVector | None) -> qdrant_edge.Query | None:
        import qdrant_edge as qe

        if vector is None:
            return None
        return qe.Query.Nearest(_sparse_to_edge(vector), using=self._spec.sparse)

    def _page(self, where: Where | None, with_vectors: bool, start: Any) -> tuple[list[Point], Any]:
        import qdrant_edge

        request = qdrant_edge.ScrollRequest(
            offset=start,
            limit=PAGE,
            filter=_visible(where),
            with_payload=True,
            with_vector=with_vectors,
        )
        records, following = self._shard.run(lambda shard: shard.scroll(request))
        return [read_point(record, self._spec) for record in records], following

    def _retrieve(self, ids: list[str], with_vectors: bool) -> list[Point]:
        records = self._shard.run(lambda shard: shard.retrieve(list(ids), True, with_vectors))
        return [read_point(record, self._spec) for record in records]

    def _count(self, where: Where | None) -> int:
        import qdrant_edge

        request = qdrant_edge.CountRequest(exact=True, filter=_visible(where))
        return self._shard.run(lambda shard: shard.count(request))

    def _optimise(self) -> None:
        self._shard.run(lambda _: self._seal.lift())
        self._shard.run(lambda shard: shard.optimize())

    def _flush(self) -> None:
        self._shard.run(lambda shard: shard.flush())

    def _close(self) -> None:
        if self._shard.foreign:
            return
        try:
            if self._seal.whole:  # nothing was written
                self._shard.release()
            elif not self._shard.sound:  # nothing to vouch for
                self._shard.close()
            else:
                self._flush()
                points = total(self._shard)
                self._shard.close()
                self._seal.put(points)
        finally:
            self._lock.release()


def total(shard: Shard) -> int:
    """Points in a shard, its identity included."""
    import qdrant_edge

    return shard.run(lambda open_shard: open_shard.count(qdrant_edge.CountRequest(exact=True)))


def to_edge(point: Point, spec: CollectionSpec) -> qdrant_edge.Point:
    """A point as the shard takes it."""
    import qdrant_edge

    vectors: dict[str, Any] = {}
    if point.dense is not None:
        vectors[spec.dense] = point.dense
    if point.sparse is not None:
        vectors[spec.sparse] = _sparse_to_edge(point.sparse)
    return qdrant_edge.Point(point.id, vectors, spec.stored_payload(point.payload))


def _sparse_to_edge(vector: SparseVector) -> qdrant_edge.SparseVector:
    import qdrant_edge

    return qdrant_edge.SparseVector(
        [int(index) for index in vector.indices], [float(value) for value in vector.values]
    )


def _filter(where: Where, *hidden: str) -> qdrant_edge.Filter:
    import qdrant_edge as qe

    must: list[Any] = [
        qe.FieldCondition(key=path, match=qe.MatchAny(list(values)))
        for path, values in where.must.items()
    ]
    without = {*where.must_not_ids, *hidden}
    must_not: list[Any] = [qe.HasIdCondition(set(without))] if without else []
    return qe.Filter(must=must, must_not=must_not)


def _visible(where: Where | None) -> qdrant_edge.Filter:
    return _filter(where or Where(), IDENTITY_ID)
