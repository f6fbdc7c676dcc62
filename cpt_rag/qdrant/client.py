"""A collection on a Qdrant server, or in the client's local mode, behind the same face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cpt_rag.qdrant.engine import RRF_K
from cpt_rag.qdrant.filters import Where
from cpt_rag.qdrant.gated import PAGE, GatedEngine, read_point
from cpt_rag.qdrant.remote import Remote
from cpt_rag.qdrant.spec import CollectionSpec
from cpt_rag.types import Point, Scored, SparseVector

if TYPE_CHECKING:
    from qdrant_client import models

    from cpt_rag.types import Float32Array


class ClientEngine(GatedEngine):
    """An ``Engine`` over one collection of a ``QdrantClient``; writes wait until applied.

    Args:
        name: the collection's name, or an alias.
        spec: its shape.
        remote: the client, which belongs to the store.
    """

    def __init__(self, name: str, spec: CollectionSpec, remote: Remote) -> None:
        super().__init__(name, spec)
        self._remote = remote

    def _upsert(self, points: list[Point]) -> None:
        batch = [to_client(point, self._spec) for point in points]
        self._remote.call(lambda client: client.upsert(self._name, batch, wait=True))

    def _delete(self, where: Where) -> None:
        from qdrant_client import models

        selector = models.FilterSelector(filter=_filter(where))
        self._remote.call(lambda client: client.delete(self._name, selector, wait=True))

    def _delete_ids(self, ids: list[str]) -> None:
        from qdrant_client import models

        selector = models.PointIdsList(points=list(ids))
        self._remote.call(lambda client: client.delete(self._name, selector, wait=True))

    def _query(
        self,
        dense: Float32Array | None,
        sparse: SparseVector | None,
        limit: int,
        prefetch: int,
        where: Where | None,
    ) -> list[Scored]:
        from qdrant_client import models

        arms: list[tuple[str, Any]] = []
        if dense is not None:
            arms.append((self._spec.dense, dense.tolist()))
        if sparse is not None:
            arms.append((self._spec.sparse, _sparse_to_client(sparse)))
        chosen = None if where is None else _filter(where)
        acorn = models.AcornSearchParams(enable=True, max_selectivity=1.0)
        params = None if where is None else models.SearchParams(acorn=acorn)
        request: dict[str, Any]
        if len(arms) == 1:
            (using, vector), *_ = arms
            request = {
                "query": vector,
                "using": using,
                "query_filter": chosen,
                "search_params": params,
            }
        else:
            request = {
                "query": models.RrfQuery(rrf=models.Rrf(k=RRF_K)),
                "prefetch": [
                    models.Prefetch(
                        query=vector, using=using, limit=prefetch, filter=chosen, params=params
                    )
                    for using, vector in arms
                ],
            }
        found = self._remote.call(
            lambda client: client.query_points(
                self._name, **request, limit=limit, with_payload=True
            )
        )
        return [Scored(str(hit.id), hit.score, hit.payload or {}) for hit in found.points]

    def _page(self, where: Where | None, with_vectors: bool, start: Any) -> tuple[list[Point], Any]:
        chosen = None if where is None else _filter(where)
        records, following = self._remote.call(
            lambda client: client.scroll(
                self._name,
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
                self._name, ids, with_payload=True, with_vectors=with_vectors
            )
        )
        return [read_point(record, self._spec) for record in records]

    def _count(self, where: Where | None) -> int:
        chosen = None if where is None else _filter(where)
        result = self._remote.call(
            lambda client: client.count(self._name, count_filter=chosen, exact=True)
        )
        return result.count

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
    return models.PointStruct(
        id=point.id, vector=vectors, payload=spec.stored_payload(point.payload)
    )


def _sparse_to_client(vector: SparseVector) -> models.SparseVector:
    from qdrant_client import models

    return models.SparseVector(
        indices=[int(index) for index in vector.indices],
        values=[float(value) for value in vector.values],
    )


def _filter(where: Where) -> models.Filter:
    from qdrant_client import models

    must: list[Any] = [
        models.FieldCondition(key=path, match=models.MatchAny(any=list(values)))
        for path, values in where.must.items()
    ]
    must_not: list[Any] = (
        [models.HasIdCondition(has_id=list(where.must_not_ids))] if where.must_not_ids else []
    )
    return models.Filter(must=must or None, must_not=must_not or None)
