"""What both engines share: the gate in front, batches, pages, and one order of equal scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cpt_rag.errors import InvalidInputError, StoreError
from cpt_rag.qdrant import batches, gate
from cpt_rag.qdrant.arms import Arms
from cpt_rag.qdrant.engine import FUSION
from cpt_rag.qdrant.filters import Where
from cpt_rag.qdrant.fusion import Fusion
from cpt_rag.qdrant.identity import IDENTITY_ID
from cpt_rag.qdrant.spec import CollectionSpec
from cpt_rag.types import Point, Scored, SparseVector

if TYPE_CHECKING:
    from typing_extensions import Self

    from cpt_rag.types import Float32Array

PAGE = 256
IDS_AT_ONCE = 1024

MOST_VALUES = 1_000_000
"""Distinct values of a field that are listed at most."""

TIES = 8
"""Results asked for beyond the limit, so that a tie across it is cut by id on every engine.

Engines put equal scores in any order, and fusion makes many: a point that only one vector found
ties with the point that only the other found at that rank. Such groups are of two, seldom four.
"""


class GatedEngine(ABC):
    """An ``Engine`` whose subclasses see only checked input, in batches and pages."""

    def __init__(self, name: str, spec: CollectionSpec) -> None:
        self._name = name
        self._spec = spec
        self._closed = False

    @property
    def name(self) -> str:
        """The collection's name."""
        return self._name

    @property
    def spec(self) -> CollectionSpec:
        """The collection's shape."""
        return self._spec

    def upsert(self, points: Sequence[Point]) -> None:
        """See ``Engine.upsert``."""
        self._ready()
        checked = gate.check_points(points, self._spec.dimension, described=self._spec.described)
        for batch in batches.by_bytes(checked):
            self._upsert(batch)

    def delete(self, where: Where) -> None:
        """See ``Engine.delete``."""
        self._ready()
        gate.check_deletion(where)
        gate.check_ids(where.must_not_ids)
        self._delete(where)

    def delete_ids(self, ids: Sequence[str]) -> None:
        """See ``Engine.delete_ids``."""
        self._ready()
        wanted = [i for i in gate.check_ids(ids) if i != IDENTITY_ID]
        for batch in batches.by_count(wanted, IDS_AT_ONCE):
            self._delete_ids(batch)

    def query(
        self,
        *,
        dense: Float32Array | None = None,
        sparse: SparseVector | None = None,
        described: Float32Array | None = None,
        limit: int = 10,
        prefetch: int = 50,
        where: Where | None = None,
        fusion: Fusion = FUSION,
    ) -> list[Scored]:
        """See ``Engine.query``."""
        self._ready()
        gate.check_positive(limit, "limit")
        gate.check_positive(prefetch, "prefetch")
        self._check_query(dense, sparse, described)
        where = _checked(where)
        arms = Arms(dense, sparse, described, where, max(prefetch, limit))
        found = self._query(arms, limit + TIES, fusion)
        return sorted(found, key=lambda hit: (-hit.score, hit.id))[:limit]

    def scroll(self, where: Where | None = None, with_vectors: bool = False) -> Iterator[Point]:
        """See ``Engine.scroll``."""
        self._ready()
        return self._pages(_checked(where), with_vectors)

    def retrieve(self, ids: Sequence[str], with_vectors: bool = False) -> list[Point]:
        """See ``Engine.retrieve``."""
        self._ready()
        wanted = [i for i in gate.check_ids(ids) if i != IDENTITY_ID]
        found = {
            point.id: point
            for batch in batches.by_count(wanted, IDS_AT_ONCE)
            for point in self._retrieve(batch, with_vectors)
        }
        return [found[identifier] for identifier in wanted if identifier in found]

    def count(self, where: Where | None = None) -> int:
        """See ``Engine.count``."""
        self._ready()
        return self._count(_checked(where))

    def values(self, path: str) -> tuple[str, ...]:
        """See ``Engine.values``."""
        self._check_indexed(path)
        return self._values(path)

    def tally(self, path: str) -> dict[str, int]:
        """See ``Engine.tally``."""
        self._check_indexed(path)
        return self._tally(path)

    def check_files(self) -> None:
        """See ``Engine.check_files``."""
        self._ready()

    def optimise(self) -> None:
        """See ``Engine.optimise``."""
        self._ready()
        self._optimise()

    def flush(self) -> None:
        """See ``Engine.flush``."""
        self._ready()
        self._flush()

    def close(self) -> None:
        """See ``Engine.close``."""
        if not self._closed:
            self._closed = True
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _pages(self, where: Where | None, with_vectors: bool) -> Iterator[Point]:
        start: Any = None
        while True:
            self._ready()
            points, start = self._page(where, with_vectors, start)
            yield from points
            if start is None:
                return

    def _ready(self) -> None:
        if self._closed:
            raise StoreError(
                f"collection {self._name!r} is closed", remedy="open it again from its store"
            )

    def _check_query(
        self,
        dense: Float32Array | None,
        sparse: SparseVector | None,
        described: Float32Array | None,
    ) -> None:
        if dense is None and sparse is None and described is None:
            raise InvalidInputError(
                "a query without vectors", expected="dense, sparse, described, or several"
            )
        if described is not None and not self._spec.described:
            raise InvalidInputError(
                f"collection {self._name!r} has no vectors of descriptions",
                expected="a query by its dense and sparse vectors",
            )
        for vector in (dense, described):
            if vector is not None:
                gate.check_dense(vector, self._spec.dimension, "the query")
        if sparse is not None:
            gate.check_sparse(sparse, "the query")

    def _check_indexed(self, path: str) -> None:
        self._ready()
        known = self._spec.keyword_fields
        if path not in known:
            raise InvalidInputError(
                f"the field {path!r} is not indexed", expected=f"one of {', '.join(known)}"
            )

    def _values(self, path: str) -> tuple[str, ...]:
        return tuple(sorted(self._tally(path)))

    @abstractmethod
    def _upsert(self, points: list[Point]) -> None: ...

    @abstractmethod
    def _delete(self, where: Where) -> None: ...

    @abstractmethod
    def _delete_ids(self, ids: list[str]) -> None: ...

    @abstractmethod
    def _query(self, arms: Arms, limit: int, fusion: Fusion) -> list[Scored]: ...

    @abstractmethod
    def _page(
        self, where: Where | None, with_vectors: bool, start: Any
    ) -> tuple[list[Point], Any]: ...

    @abstractmethod
    def _retrieve(self, ids: list[str], with_vectors: bool) -> list[Point]: ...

    @abstractmethod
    def _count(self, where: Where | None) -> int: ...

    @abstractmethod
    def _tally(self, path: str) -> dict[str, int]: ...

    @abstractmethod
    def _optimise(self) -> None: ...

    @abstractmethod
    def _flush(self) -> None: ...

    @abstractmethod
    def _close(self) -> None: ...


def _checked(where: Where | None) -> Where | None:
    if where is None or not where:
        return None
    gate.check_ids(where.must_not_ids)
    return where


def read_point(record: Any, spec: CollectionSpec) -> Point:
    """A point out of a record of either engine: both have the same attributes."""
    import numpy as np

    vectors: Mapping[str, Any] = record.vector if isinstance(record.vector, Mapping) else {}
    dense, sparse = vectors.get(spec.dense), vectors.get(spec.sparse)
    described = vectors.get(spec.description)
    return Point(
        id=str(record.id),
        payload=record.payload or {},
        dense=None if dense is None else np.asarray(dense, dtype=np.float32),
        sparse=None if sparse is None else SparseVector(sparse.indices, sparse.values),
        described=None if described is None else np.asarray(described, dtype=np.float32),
    )
