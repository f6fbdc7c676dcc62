"""One face over one collection, whichever engine holds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from cpt_rag.qdrant.filters import Where
from cpt_rag.qdrant.fusion import Fusion
from cpt_rag.qdrant.spec import CollectionSpec
from cpt_rag.types import Point, Scored, SparseVector

if TYPE_CHECKING:
    from typing_extensions import Self

    from cpt_rag.types import Float32Array


FUSION = Fusion()

# The graph alone loses a tenth of the neighbours under a filter. With ACORN on every filter and so
# many candidates, 99 in 100 are found where a filter keeps a fifth of 200,000 chunks.
ACORN_SELECTIVITY = 1.0
FILTERED_EF = 512


class Engine(Protocol):
    """Points of one collection: written, removed, asked, walked. Also a context manager.

    Every method may raise StoreError: the engine was closed, or was handed to a forked child;
    StoreCorruptError: the embedded engine broke, and this handle refuses from then on;
    StoreUnreachableError: the server does not answer, after retries, or refuses.
    """

    @property
    def name(self) -> str:
        """The collection's name."""
        ...

    @property
    def spec(self) -> CollectionSpec:
        """The collection's shape."""
        ...

    def upsert(self, points: Sequence[Point]) -> None:
        """Write points; one whose id exists is replaced whole, vectors included.

        Written means written: it outlives a kill of the process. The vectors come back of unit
        length.

        Raises:
            InvalidPointError: one of them cannot be stored; nothing was written.
        """
        ...

    def delete(self, where: Where) -> None:
        """Remove the points that match.

        Raises:
            InvalidInputError: the filter names no payload field.
        """
        ...

    def delete_ids(self, ids: Sequence[str]) -> None:
        """Remove points by id; unknown ones are passed over.

        Raises:
            InvalidPointError: an id is no UUID.
        """
        ...

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
        """The best points, best first; of equal scores the smaller id first.

        One vector given: its nearest, by cosine or by the dot product of IDF-weighted terms.
        Several: the ``prefetch`` (at least ``limit``) best of each, fused in the engine. Points
        without the vector asked for are never found.

        Args:
            dense: float32 (dimension,).
            sparse: term weights.
            described: float32 (dimension,), held to the vectors of descriptions.
            limit: points to return at most.
            prefetch: points that each vector contributes to the fusion.
            where: what to search among.
            fusion: how several arms come together; of no effect on one.

        Raises:
            InvalidPointError: a vector that nothing can be near.
            InvalidInputError: no vector, a limit below 1, or ``described`` where the collection has
                no such vectors.
        """
        ...

    def scroll(self, where: Where | None = None, with_vectors: bool = False) -> Iterator[Point]:
        """Every point that matches, in the order of ids, fetched page by page."""
        ...

    def retrieve(self, ids: Sequence[str], with_vectors: bool = False) -> list[Point]:
        """The points of these ids, in the order asked; missing ones are left out.

        Raises:
            InvalidPointError: an id is no UUID.
        """
        ...

    def count(self, where: Where | None = None) -> int:
        """How many points match, records without vectors included."""
        ...

    def values(self, path: str) -> tuple[str, ...]:
        """The distinct strings that the indexed field ``path`` has in any point, sorted.

        Raises:
            InvalidInputError: the field is not one of the spec's.
        """
        ...

    def tally(self, path: str) -> dict[str, int]:
        """How many points have each string that the indexed field ``path`` has in any point.

        Raises:
            InvalidInputError: the field is not one of the spec's.
        """
        ...

    def check_files(self) -> None:
        """Hold the collection's files to what they were when it was last closed in order.

        There is nothing to hold them to after a write or a kill, nor on a server.

        Raises:
            StoreCorruptError: a file is not what it was.
        """
        ...

    def optimise(self) -> None:
        """Build the indexes that make queries quick; blocks until done."""
        ...

    def flush(self) -> None:
        """Have everything written so far on disk, past a power cut too."""
        ...

    def close(self) -> None:
        """Let go of the collection; later calls refuse. Does nothing the second time."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
