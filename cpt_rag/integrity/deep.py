"""Does approximate search find what exact search does? Asked with some of the stored vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cpt_rag.qdrant import Engine
    from cpt_rag.types import Float32Array

QUERIES = 100
NEIGHBOURS = 10
# A sound graph finds more of them; a torn one far fewer.
LEAST_RECALL = 0.9
_PAGE = 4096
_ROUNDING = 1e-5


@dataclass(frozen=True, slots=True)
class Recall:
    """``found`` of ``wanted`` nearest neighbours."""

    found: int
    wanted: int

    @property
    def share(self) -> float:
        """Recall@10, 1 where there is nothing to find."""
        return self.found / self.wanted if self.wanted else 1.0


def dense_recall(engine: Engine, *, described: bool = False) -> Recall:
    """Recall@10 of dense search against every vector, for 100 of the stored ones as queries.

    A neighbour counts as found by its score, so that copies of one text stand for each other.

    Args:
        engine: the collection.
        described: search the vectors of descriptions, not those of the texts themselves.
    """
    import numpy as np

    queries = _sample(engine, described=described)
    if not len(queries):
        return Recall(0, 0)
    best: NDArray[np.float32] = np.full((len(queries), NEIGHBOURS), -2, dtype=np.float32)
    for page in _pages(engine, described=described):
        scores = np.concatenate([best, queries @ page.T], axis=1)
        best = -np.partition(-scores, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS]
    found = wanted = 0
    for query, nearest in zip(queries, best, strict=True):
        real = nearest[nearest > -2]
        asked = {"described" if described else "dense": query}
        hits = engine.query(**asked, limit=NEIGHBOURS)
        wanted += len(real)
        found += min(len(real), sum(hit.score >= real.min() - _ROUNDING for hit in hits))
    return Recall(found, wanted)


def _sample(engine: Engine, *, described: bool) -> Float32Array:
    """Vectors spread over the collection: ids are hashes, so the first are as good as any."""
    import numpy as np

    page = next(_pages(engine, described=described), None)
    if page is None:
        return np.empty((0, engine.spec.dimension), dtype=np.float32)
    return page[:: max(1, len(page) // QUERIES)][:QUERIES]


def _pages(engine: Engine, *, described: bool) -> Iterator[Float32Array]:
    page: list[Float32Array] = []
    for point in engine.scroll(with_vectors=True):
        vector = point.described if described else point.dense
        if vector is not None:
            page.append(vector)
        if len(page) == _PAGE:
            yield _stacked(page)
            page = []
    if page:
        yield _stacked(page)


def _stacked(page: Sequence[Float32Array]) -> Float32Array:
    import numpy as np

    return np.stack(page)
