"""What the version that is served holds, read without holding it longer than a moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.documents import DOCUMENT_KIND
from cpt_rag.errors import InvalidInputError
from cpt_rag.ingest.descriptions import Descriptions, stored_descriptions
from cpt_rag.ingest.records import file_records, root_records
from cpt_rag.ingest.roots import Root
from cpt_rag.qdrant import CHUNK_KIND, PAGE_CONTENT, RECORD, CollectionSpec, Identity, Store, Where

if TYPE_CHECKING:
    from cpt_rag.qdrant import Engine
    from cpt_rag.types import Point

BATCH = 256
_RECORDS = ("file", "root")


@dataclass(frozen=True, slots=True)
class Content:
    """What made it, how it is kept, its roots' files by path, and the points of its documents.

    With them come its chunks' descriptions, where it has any.
    """

    identity: Identity
    spec: CollectionSpec
    roots: Sequence[Root]
    documents: frozenset[str]
    descriptions: Descriptions = field(default_factory=dict)

    @property
    def files(self) -> int:
        """How many files it was made of."""
        return sum(len(root.among or ()) for root in self.roots)


def read_content(name: str, store: Store) -> Content:
    """Open the collection, look, and close it.

    Raises:
        CollectionNotFoundError, CollectionError, StoreError: as ``Store.open``.
    """
    engine, identity = store.open(name)
    with engine:
        every = [
            Root(root.root, Path(root.location), among=frozenset(file_records(engine, root.root)))
            for root in root_records(engine).values()
        ]
        roots = [root for root in every if root.among or root.folder.is_dir()]
        documents = frozenset(document_points(engine))
        return Content(identity, engine.spec, roots, documents, stored_descriptions(engine))


def read_points(name: str, store: Store, ids: Sequence[str]) -> Iterator[list[Point]]:
    """These points without vectors, some at a time, the collection closed in between.

    What is no longer there is left out.
    """
    for start in range(0, len(ids), BATCH):
        engine, _ = store.open(name)
        with engine:
            points = list(engine.retrieve(ids[start : start + BATCH]))
        yield points


def check_folders(name: str, roots: Sequence[Root]) -> None:
    """Hold every root to be where it was.

    Raises:
        InvalidInputError: one is not. Its chunks cannot be embedded from what is stored: the path
            and signatures in front of a chunk are embedded with it and are not in the collection.
    """
    for root in roots:
        if not root.folder.is_dir():
            raise InvalidInputError(
                f"{root.folder}, which collection {name!r} has as {root.name!r}, is not there any"
                " more, and the collection does not hold all that is embedded of its files",
                expected="the folders that were ingested, to be read again",
                remedy="put it back; or, where it has moved, say so first:"
                f" cpt-rag ingest PATH --collection {name} --as {root.name}",
            )


def document_points(engine: Engine) -> Iterator[str]:
    """Ids of the points of all texts that are no chunk of a file."""
    kinds = {kind: Where({f"{RECORD}.kind": [kind]}) for kind in (DOCUMENT_KIND, CHUNK_KIND)}
    records = Where({f"{RECORD}.kind": list(_RECORDS)})
    known = engine.count(records) + sum(engine.count(where) for where in kinds.values())
    # Others may have written texts of their own to a collection on a server.
    among = kinds[DOCUMENT_KIND] if engine.count() == known else None
    for point in engine.scroll(among):
        if _is_document(point.payload):
            yield point.id


def _is_document(payload: Mapping[str, object]) -> bool:
    record = payload.get(RECORD)
    kind = record.get("kind") if isinstance(record, Mapping) else None
    return PAGE_CONTENT in payload and kind != CHUNK_KIND
