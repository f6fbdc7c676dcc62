"""A collection on a Qdrant server, or in the client's local mode, behind the same face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cpt_rag.errors import RequestTooLargeError
from cpt_rag.qdrant.arms import Arm, Arms, Effort
from cpt_rag.qdrant.engine import ACORN_SELECTIVITY
from cpt_rag.qdrant.filters import Where
from cpt_rag.qdrant.fusion import RRF_K, Factor, Fusion
from cpt_rag.qdrant.gated import MOST_VALUES, PAGE, GatedEngine, read_point
from cpt_rag.qdrant.remote import Remote
from cpt_rag.qdrant.spec import CollectionSpec
from cpt_rag.types import Point, Scored, SparseVector

if TYPE_CHECKING:
    from qdrant_client import models


class ClientEngine(GatedEngine):
    """An ``Engine`` over one collection of a ``QdrantClient``; writes wait until applied.

    Args:
        name: the collection's name.
        spec: its shape.
        remote: the client, which belongs to the store.
        version: the collection behind that name when it was opened. Calls go there, so that after
            a switch nothing of one encoder meets what another one made.
    """

    def __init__(self, name: str, spec: CollectionSpec, remote: Remote, version: str) -> None:
        super().__init__(name, spec)
        self._remote = remote
        self._version = version

    def _upsert(self, points: list[Point]) -> None:
        batch = [to_client(point, self._spec) for point in points]
        try:
            self._remote.call(lambda client: client.upsert(self._version, batch, wait=True))
        except RequestTooLargeError:
            if len(points) == 1:
                raise
            middle = len(points) // 2
            self._upsert(points[:middle])
            self._upsert(points[middle:])

    def _delete(self, where: Where) -> None:
        from qdrant_client import models

        selector = models.FilterSelector(filter=to_filter([where]))
        self._remote.call(lambda client: client.delete(self._version, selector, wait=True))

    def _delete_ids(self, ids: list[str]) -> None:
        from qdrant_client import models

        selector = models.PointIdsList(points=list(ids))
        self._remote.call(lambda client: client.delete(self._version, selector, wait=True))

    def _query(self, arms: Arms, limit: int, fusion: Fusion) -> list[Scored]:
        asked = arms.each(self._spec, fusion)
        prefetches = [self._prefetch(arm, arms.prefetch) for arm in asked]
        request: dict[str, Any]
        if len(prefetches) == 1:
            (only,) = prefetches
            request = {
                "query": only.query,
                "using": only.using,
                "query_filter": only.filter,
                "search_params": only.params,
            }
        else:
            request = _fused(prefetches, [arm.weight for arm in asked], fusion)
        found = self._remote.call(
            lambda client: client.query_points(
                self._version, **request, limit=limit, with_payload=True
            )
        )
        return [Scored(str(hit.id), hit.score, hit.payload or {}) for hit in found.points]

    def _prefetch(self, arm: Arm, limit: int) -> models.Prefetch:
        from qdrant_client import models

        vector = arm.vector
        return models.Prefetch(
            query=(
                _sparse_to_client(vector) if isinstance(vector, SparseVector) else vector.tolist()
            ),
            using=arm.using,
            limit=limit,
            filter=to_filter(arm.where) if arm.where else None,
            params=_params(Effort.of(self._spec, arm)),
        )

    def _page(self, where: Where | None, with_vectors: bool, start: Any) -> tuple[list[Point], Any]:
        chosen = None if where is None else to_filter([where])
        records, following = self._remote.call(
            lambda client: client.scroll(
                self._version,
                scroll_filter=chosen,
                limit=PAGE,
                offset=start,
                with_payload=True,
                with_vectors=with_vectors,
            )
        )
        return [read_point(record, self._spec) for record in records], following

    def _retrieve(self, ids: list[str], with_vectors: bool) -> list[Point]:
        records = self._remote.call(
            lambda client: client.retrieve(
                self._version, ids, with_payload=True, with_vectors=with_vectors
            )
        )
        return [read_point(record, self._spec) for record in records]

    def _count(self, where: Where | None) -> int:
        chosen = None if where is None else to_filter([where])
        result = self._remote.call(
            lambda client: client.count(self._version, count_filter=chosen, exact=True)
        )
        return result.count

    def _tally(self, path: str) -> dict[str, int]:
        response = self._remote.call(
            lambda client: client.facet(self._version, path, limit=MOST_VALUES, exact=True)
        )
        return {str(hit.value): hit.count for hit in response.hits}

    def _optimise(self) -> None:
        """A server optimises by itself."""

    def _flush(self) -> None:
        """A server logs each write before it answers."""

    def _close(self) -> None:
        """The connection is the store's."""


def to_client(point: Point, spec: CollectionSpec) -> models.PointStruct:
    """A point as the client takes it."""
    from qdrant_client import models

    vectors: dict[str, Any] = {}
    if point.dense is not None:
        vectors[spec.dense] = point.dense.tolist()
    if point.sparse is not None:
        vectors[spec.sparse] = _sparse_to_client(point.sparse)
    if point.described is not None:
        vectors[spec.description] = point.described.tolist()
    return models.PointStruct(
        id=point.id, vector=vectors, payload=spec.stored_payload(point.payload)
    )


def _sparse_to_client(vector: SparseVector) -> models.SparseVector:
    from qdrant_client import models

    return models.SparseVector(
        indices=[int(index) for index in vector.indices],
        values=[float(value) for value in vector.values],
    )


def _params(effort: Effort) -> models.SearchParams | None:
    from qdrant_client import models

    if effort == Effort():
        return None
    acorn = models.AcornSearchParams(enable=True, max_selectivity=ACORN_SELECTIVITY)
    quantisation = models.QuantizationSearchParams(rescore=True, oversampling=effort.oversampling)
    return models.SearchParams(
        hnsw_ef=effort.ef,
        acorn=acorn if effort.acorn else None,
        quantization=None if effort.oversampling is None else quantisation,
    )


def _fused(
    prefetches: list[models.Prefetch], weights: list[float], fusion: Fusion
) -> dict[str, Any]:
    from qdrant_client import models

    query: Any = models.FusionQuery(fusion=models.Fusion.DBSF)
    if fusion.method == "rrf":
        query = models.RrfQuery(rrf=models.Rrf(k=RRF_K, weights=weights))
    if not fusion.factors:
        return {"query": query, "prefetch": prefetches}
    every = sum(prefetch.limit or 0 for prefetch in prefetches)
    return {
        "query": models.FormulaQuery(formula=_times(fusion.factors)),
        "prefetch": models.Prefetch(query=query, prefetch=prefetches, limit=every),
    }


def _times(factors: Sequence[Factor]) -> models.MultExpression:
    """The score, multiplied by every factor whose condition holds."""
    from qdrant_client import models

    parts: list[Any] = ["$score"]
    for factor in factors:
        holds = models.FieldCondition(
            key=factor.path, match=models.MatchAny(any=list(factor.values))
        )
        added = models.MultExpression(mult=[factor.by - 1, holds])
        parts.append(models.SumExpression(sum=[1.0, added]))
    return models.MultExpression(mult=parts)


def to_filter(wheres: Sequence[Where]) -> models.Filter:
    """The conditions, all of which must hold, as the client takes them."""
    from qdrant_client import models

    must: list[Any] = [
        models.FieldCondition(key=path, match=models.MatchAny(any=list(values)))  # type: ignore[arg-type]  # of one kind
        for where in wheres
        for path, values in where.must.items()
    ]
    without = [identifier for where in wheres for identifier in where.must_not_ids]
    must_not: list[Any] = [models.HasIdCondition(has_id=list(without))] if without else []
    return models.Filter(must=must or None, must_not=must_not or None)
