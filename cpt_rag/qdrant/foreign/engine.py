"""The reading half of an engine over a collection that another program wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from cpt_rag.errors import CollectionError, InvalidInputError
from cpt_rag.qdrant import batches
from cpt_rag.qdrant.arms import Arms
from cpt_rag.qdrant.client import to_filter
from cpt_rag.qdrant.filters import Where
from cpt_rag.qdrant.foreign.found import Foreign, Space
from cpt_rag.qdrant.foreign.fuse import fuse
from cpt_rag.qdrant.foreign.lexical import LexicalIndex
from cpt_rag.qdrant.fusion import Fusion
from cpt_rag.qdrant.gated import IDS_AT_ONCE, PAGE, GatedEngine
from cpt_rag.qdrant.spec import FOLDERS, METADATA, NAME, PAGE_CONTENT, CollectionSpec
from cpt_rag.types import Point, Scored, SparseVector

if TYPE_CHECKING:
    from cpt_rag.types import Float32Array

MOST_POINTS = 200_000
"""Points whose texts are read into memory for lexical search at most."""

_LONGEST_NUMBER = 20  # digits of 2**64 - 1; a UUID without hyphens has 32
_PATH = f"{METADATA}.path"


class ForeignEngine(GatedEngine):
    """An ``Engine`` that reads; payloads come in this package's shape, whatever theirs is.

    Ids that are numbers come as strings. Lexical search is by the texts as they were when it was
    first asked for.

    Args:
        found: the collection.
        space: the dense vectors to search; None where no encoder at hand made any.
    """

    def __init__(self, found: Foreign, space: Space | None) -> None:
        super().__init__(found.name, CollectionSpec(space.dimension if space else 1))
        self._found = found
        self._remote = found.remote
        self._layout = found.layout
        self._space = space
        self._known: dict[str, bool] = {}
        self._listed: dict[str, dict[str, int]] = {}

    def retrieve(self, ids: Sequence[str], with_vectors: bool = False) -> list[Point]:
        """See ``Engine.retrieve``; an id that no point can have is left out."""
        self._ready()
        wanted = [identifier for identifier in ids if _is_possible(identifier)]
        found = {
            point.id: point
            for batch in batches.by_count(wanted, IDS_AT_ONCE)
            for point in self._retrieve(batch, with_vectors)
        }
        return [found[identifier] for identifier in wanted if identifier in found]

    def _upsert(self, points: list[Point]) -> NoReturn:
        raise refused(self._name)

    def _delete(self, where: Where) -> NoReturn:
        raise refused(self._name)

    def _delete_ids(self, ids: list[str]) -> NoReturn:
        raise refused(self._name)

    def _query(self, arms: Arms, limit: int, fusion: Fusion) -> list[Scored]:
        where = None if arms.where is None else self._required(arms.where)
        most = limit if arms.dense is None or arms.sparse is None else arms.prefetch
        lists = []
        if arms.dense is not None:
            lists.append(self._nearest(arms.dense, most, where))
        if arms.sparse is not None:
            lists.append(self._lexical(arms.sparse, most, where))
        if len(lists) == 1:
            return lists[0]
        if fusion.wanted is not None and arms.dense is not None:
            wanted = self._theirs(fusion.wanted)
            if wanted is not None:
                must = {**wanted.must, **(where.must if where else {})}
                lists.append(self._nearest(arms.dense, most, Where(must)))
        return fuse(lists, fusion)[:limit]

    def _nearest(self, vector: Float32Array, limit: int, where: Where | None) -> list[Scored]:
        space = self._space
        if space is None:
            raise CollectionError(
                f"collection {self._name!r} holds no vectors of an encoder at hand",
                expected="a search by words alone",
                remedy="name the encoder that made them: --encoder",
            )
        found = self._remote.call(
            lambda client: client.query_points(
                self._name,
                query=vector.tolist(),
                using=space.name or None,
                query_filter=_filter(where),
                limit=limit,
                with_payload=True,
            )
        )
        points = [
            Scored(str(hit.id), space.score(hit.score), self._layout.payload(hit.payload or {}))
            for hit in found.points
        ]
        return [point for point in points if point.payload]

    def _lexical(self, vector: SparseVector, limit: int, where: Where | None) -> list[Scored]:
        among = None
        if where is not None:
            among = {str(record.id) for record in self._records(_filter(where), payload=False)}
        best = dict(self._texts.best(vector, limit, among))
        return [
            Scored(point.id, best[point.id], point.payload)
            for point in self.retrieve(list(best))
            if PAGE_CONTENT in point.payload
        ]

    @cached_property
    def _texts(self) -> LexicalIndex:
        self._check_size()
        records = self._records(None, payload=self._layout.text_keys)
        shaped = (
            (str(record.id), self._layout.payload(record.payload or {})) for record in records
        )
        return LexicalIndex((i, payload[PAGE_CONTENT]) for i, payload in shaped if payload)

    def _check_size(self) -> None:
        points = self._found.points
        if points > MOST_POINTS:
            raise CollectionError(
                f"collection {self._name!r} was written by another program and holds {points:,}"
                " points",
                expected=f"at most {MOST_POINTS:,}, whose texts fit in memory for lexical search",
                remedy=f"ingest what it was made from: cpt-rag ingest PATH --collection"
                f" {self._name}-cpt",
            )

    def _page(self, where: Where | None, with_vectors: bool, start: Any) -> tuple[list[Point], Any]:
        theirs = None if where is None else self._theirs(where)
        if where is not None and theirs is None:
            return [], None
        records, following = self._remote.call(
            lambda client: client.scroll(
                self._name,
                scroll_filter=_filter(theirs),
                limit=PAGE,
                offset=start,
                with_payload=True,
                with_vectors=with_vectors,
            )
        )
        return [self._point(record, with_vectors) for record in records], following

    def _retrieve(self, ids: list[str], with_vectors: bool) -> list[Point]:
        theirs = [_as_stored(identifier) for identifier in ids]
        records = self._remote.call(
            lambda client: client.retrieve(
                self._name, theirs, with_payload=True, with_vectors=with_vectors
            )
        )
        return [self._point(record, with_vectors) for record in records]

    def _point(self, record: Any, with_vectors: bool) -> Point:
        dense = self._space.vector(record) if with_vectors and self._space else None
        return Point(str(record.id), self._layout.payload(record.payload or {}), dense)

    def _count(self, where: Where | None) -> int:
        theirs = None if where is None else self._theirs(where)
        if where is not None and theirs is None:
            return 0
        return self._count_where(_filter(theirs))

    def _count_where(self, chosen: Any) -> int:
        result = self._remote.call(
            lambda client: client.count(self._name, count_filter=chosen, exact=True)
        )
        return result.count

    def _tally(self, path: str) -> dict[str, int]:
        """Read from the points: their fields need not be indexed."""
        field = self._layout.field(path)
        if field is None:
            return {}
        if path not in self._listed:
            self._check_size()
            found: Counter[str] = Counter()
            name = field.removeprefix(f"{self._layout.metadata}.")
            for record in self._records(None, payload=[field, *self._layout.text_keys]):
                value = self._layout.payload(record.payload or {}).get(METADATA, {}).get(name)
                found.update([value] if isinstance(value, str) else [])
            self._listed[path] = dict(found)
        return self._listed[path]

    def _records(self, chosen: Any, payload: list[str] | bool) -> Iterator[Any]:
        start: Any = None
        while True:
            records, start = self._some(chosen, payload, start)
            yield from records
            if start is None:
                return

    def _some(self, chosen: Any, payload: list[str] | bool, start: Any) -> tuple[Any, Any]:
        return self._remote.call(
            lambda client: client.scroll(
                self._name, scroll_filter=chosen, limit=PAGE, offset=start, with_payload=payload
            )
        )

    def _required(self, where: Where) -> Where:
        """The condition in their fields, each of which some point must have.

        Raises:
            InvalidInputError: a field that no point has.
        """
        theirs = self._theirs(where)
        if theirs is not None:
            return theirs
        missing = next(path for path in where.must if self._field(path) is None)
        name = "symbol" if missing == NAME else missing.removeprefix(f"{METADATA}.")
        raise InvalidInputError(
            f"No point of collection {self._name!r}, which another program wrote, has a {name!r}.",
            expected=f"one of {', '.join(self._layout.fields)}"
            if self._layout.fields
            else "no filters: its points have no metadata",
            remedy="filter by what is there, or leave the filter out",
        )

    def _theirs(self, where: Where) -> Where | None:
        """The condition in their fields; None where no point has one of them."""
        must: dict[str, Sequence[Any]] = {}
        for path, values in where.must.items():
            field = self._field(path)
            if field is None:
                return None
            must[field] = self._under(values) if path == FOLDERS else values
        return Where(must, where.must_not_ids)

    def _under(self, folders: Sequence[Any]) -> Sequence[str]:
        """The paths below any of these folders; there are some, or the folder were not known."""
        above = tuple(f"{folder}/" for folder in folders)
        return [path for path in self._values(_PATH) if path.startswith(above)] or list(folders)

    def _field(self, path: str) -> str | None:
        """Their field, None where no point has it."""
        from qdrant_client import models

        field = self._layout.field(_PATH if path == FOLDERS else path)
        if field is None:
            return None
        if field not in self._known:
            empty = models.IsEmptyCondition(is_empty=models.PayloadField(key=field))
            having = self._count_where(models.Filter(must_not=[empty]))
            self._known[field] = having > 0
        return field if self._known[field] else None

    def _optimise(self) -> None:
        """It is another program's to tend."""

    def _flush(self) -> None:
        """Nothing was written."""

    def _close(self) -> None:
        """The connection is the store's."""


def refused(name: str) -> CollectionError:
    """The error for a change to a collection of another program."""
    return CollectionError(
        f"collection {name!r} was not written by cpt-rag, which reads it and changes nothing in it",
        expected="a collection of cpt-rag's own",
        remedy=f"make one: cpt-rag ingest PATH --collection {name}-cpt",
    )


def _filter(where: Where | None) -> Any:
    return None if where is None or not where else to_filter([where])


def _is_possible(identifier: str) -> bool:
    digits = identifier.replace("-", "")
    return identifier.isdecimal() or (len(digits) == 32 and digits.isalnum())


def _as_stored(identifier: str) -> int | str:
    short = identifier.isdecimal() and len(identifier) <= _LONGEST_NUMBER
    return int(identifier) if short else identifier
