"""The embedded engine: a collection as one qdrant-edge shard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cpt_rag.qdrant.arms import Arm, Arms, Effort
from cpt_rag.qdrant.engine import ACORN_SELECTIVITY
from cpt_rag.qdrant.filters import Where
from cpt_rag.qdrant.fusion import RRF_K, Factor, Fusion
from cpt_rag.qdrant.gated import MOST_VALUES, PAGE, GatedEngine, read_point
from cpt_rag.qdrant.holding import Holding
from cpt_rag.qdrant.identity import IDENTITY_ID, IDENTITY_KIND, to_record
from cpt_rag.qdrant.memory import give_back
from cpt_rag.qdrant.spec import RECORD, CollectionSpec
from cpt_rag.types import Point, Scored, SparseVector

if TYPE_CHECKING:
    import qdrant_edge


class EdgeEngine(GatedEngine):
    """An ``Engine`` over a shard; the point that carries its identity is never seen through it.

    Args:
        holding: the open shard, left when the engine closes.
    """

    def __init__(self, holding: Holding) -> None:
        super().__init__(holding.place[1], holding.spec)
        self._holding = holding
        self._shard = holding.shard

    def mark(self, copy_of: str) -> None:
        """Note in the identity what this is an unfinished copy of; of "", nothing more."""
        import qdrant_edge

        record = to_record(self._holding.identity, self._spec, copy_of)
        point = to_edge(Point(IDENTITY_ID, record), self._spec)
        self._write(qdrant_edge.UpdateOperation.upsert_points([point]))
        self._flush()
        self._holding.copy_of = copy_of

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
        self._holding.write(lambda: self._shard.update(operation))

    def _query(self, arms: Arms, limit: int, fusion: Fusion) -> list[Scored]:
        import qdrant_edge as qe

        asked = arms.each(self._spec, fusion)
        prefetches = [self._prefetch(arm, arms.prefetch) for arm in asked]
        if len(prefetches) == 1:
            (only,) = prefetches
            request = qe.QueryRequest(
                limit, query=only.query, filter=only.filter, params=only.params, with_payload=True
            )
        else:
            request = _fused(prefetches, [arm.weight for arm in asked], limit, fusion)
        found = self._shard.read(lambda shard: shard.query(request))
        return [Scored(str(hit.id), hit.score, hit.payload or {}) for hit in found]

    def _prefetch(self, arm: Arm, limit: int) -> qdrant_edge.Prefetch:
        import qdrant_edge as qe

        vector: Any = arm.vector  # an array passes, which the stub does not know
        if isinstance(vector, SparseVector):
            vector = _sparse_to_edge(vector)
        return qe.Prefetch(
            limit,
            query=qe.Query.Nearest(vector, using=arm.using),
            filter=_filter(arm.where) if arm.where else None,
            params=_params(Effort.of(self._spec, arm)),
        )

    def _page(self, where: Where | None, with_vectors: bool, start: Any) -> tuple[list[Point], Any]:
        import qdrant_edge

        request = qdrant_edge.ScrollRequest(
            offset=start,
            limit=PAGE,
            filter=_visible(where),
            with_payload=True,
            with_vector=with_vectors,
        )
        records, following = self._shard.read(lambda shard: shard.scroll(request))
        return [read_point(record, self._spec) for record in records], following

    def _retrieve(self, ids: list[str], with_vectors: bool) -> list[Point]:
        records = self._shard.read(lambda shard: shard.retrieve(list(ids), True, with_vectors))
        return [read_point(record, self._spec) for record in records]

    def _count(self, where: Where | None) -> int:
        import qdrant_edge

        request = qdrant_edge.CountRequest(exact=True, filter=_visible(where))
        return self._shard.read(lambda shard: shard.count(request))

    def _values(self, path: str) -> tuple[str, ...]:
        # Nobody else can write meanwhile, and a facet reads the whole index.
        known = self._holding.values
        if path not in known:
            known[path] = super()._values(path)
        return known[path]

    def _tally(self, path: str) -> dict[str, int]:
        import qdrant_edge

        request = qdrant_edge.FacetRequest(path, limit=MOST_VALUES, exact=True)
        hits = self._shard.read(lambda shard: shard.facet(request)).hits
        own = IDENTITY_KIND if path == f"{RECORD}.kind" else None
        return {str(hit.value): hit.count for hit in hits if hit.count and hit.value != own}

    def check_files(self) -> None:
        """See ``Engine.check_files``."""
        self._ready()
        self._holding.seal.check_files()

    def _optimise(self) -> None:
        # The engine writes anew what it indexes, and removes the old when that is done.
        needed = self._holding.seal.unfinished_bytes()
        self._holding.write(lambda: self._shard.run(_optimise), needed)
        self._flush()  # only then the engine lets go of what it has indexed
        give_back()

    def _flush(self) -> None:
        self._shard.run(lambda shard: shard.flush())

    def _close(self) -> None:
        self._holding.leave()


def _optimise(shard: qdrant_edge.EdgeShard) -> None:
    shard.optimize()


def to_edge(point: Point, spec: CollectionSpec) -> qdrant_edge.Point:
    """A point as the shard takes it."""
    import qdrant_edge

    vectors: dict[str, Any] = {}
    if point.dense is not None:
        vectors[spec.dense] = point.dense.tolist()  # an array is read number by number
    if point.sparse is not None:
        vectors[spec.sparse] = _sparse_to_edge(point.sparse)
    if point.described is not None:
        vectors[spec.description] = point.described.tolist()
    return qdrant_edge.Point(point.id, vectors, spec.stored_payload(point.payload))


def _sparse_to_edge(vector: SparseVector) -> qdrant_edge.SparseVector:
    import qdrant_edge

    return qdrant_edge.SparseVector([*map(int, vector.indices)], [*map(float, vector.values)])


def _params(effort: Effort) -> qdrant_edge.SearchParams | None:
    import qdrant_edge as qe

    if effort == Effort():
        return None
    acorn = qe.AcornSearchParams(enable=True, max_selectivity=ACORN_SELECTIVITY)
    quantisation = qe.QuantizationSearchParams(rescore=True, oversampling=effort.oversampling)
    return qe.SearchParams(
        hnsw_ef=effort.ef,
        acorn=acorn if effort.acorn else None,
        quantization=None if effort.oversampling is None else quantisation,
    )


def _fused(
    prefetches: list[qdrant_edge.Prefetch], weights: list[float], limit: int, fusion: Fusion
) -> qdrant_edge.QueryRequest:
    import qdrant_edge as qe

    # The stub knows no subclass relation.
    query: Any = qe.Fusion.Rrf(RRF_K, weights) if fusion.method == "rrf" else qe.Fusion.Dbsf()
    if not fusion.factors:
        return qe.QueryRequest(limit, query=query, prefetches=prefetches, with_payload=True)
    every = sum(prefetch.limit for prefetch in prefetches)
    return qe.QueryRequest(
        limit,
        query=_times(fusion.factors),
        prefetches=[qe.Prefetch(every, query=query, prefetches=prefetches)],
        with_payload=True,
    )


def _times(factors: Sequence[Factor]) -> Any:
    """The score, multiplied by every factor whose condition holds."""
    import qdrant_edge as qe

    expression = qe.Expression
    parts = [expression.Variable("$score")]
    for factor in factors:
        holds: Any = qe.FieldCondition(factor.path, match=qe.MatchAny(list(factor.values)))
        added = [expression.Constant(factor.by - 1), expression.Condition(holds)]
        parts.append(expression.Sum([expression.Constant(1.0), expression.Mult(added)]))
    return qe.Formula(expression.Mult(parts))


def _filter(wheres: Sequence[Where], *hidden: str) -> qdrant_edge.Filter:
    import qdrant_edge as qe

    must: list[Any] = [
        qe.FieldCondition(key=path, match=qe.MatchAny(list(values)))  # type: ignore[arg-type]  # of one kind
        for where in wheres
        for path, values in where.must.items()
    ]
    without = {*hidden, *(identifier for where in wheres for identifier in where.must_not_ids)}
    must_not: list[Any] = [qe.HasIdCondition(set(without))] if without else []
    return qe.Filter(must=must, must_not=must_not)


def _visible(where: Where | None) -> qdrant_edge.Filter:
    return _filter([where] if where else [], IDENTITY_ID)
