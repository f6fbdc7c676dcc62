"""What a collection holds, told by its own records."""

from __future__ import annotations

from dataclasses import dataclass

from cpt_rag.ingest.records import root_records
from cpt_rag.qdrant import RECORD, Store, Where


@dataclass(frozen=True, slots=True)
class CollectionStatus:
    """``roots`` maps each root's name to its folder; ``files`` and ``chunks`` are counts.

    ``previous`` is the encoder of the version that a rollback brings back, ``next`` that of one
    that a migration is making or was when it was interrupted; None where there is none.

    Of a collection that another program wrote, ``encoder`` is None, ``chunks`` counts its points,
    and ``dimension`` is that of its first vectors, 0 where it has none.
    """

    collection: str
    encoder: str | None
    dimension: int
    roots: dict[str, str]
    files: int
    chunks: int
    previous: str | None = None
    next: str | None = None


def collection_status(collection: str, store: Store) -> CollectionStatus:
    """Count what ``collection`` holds; the encoder itself is not loaded.

    Raises:
        CollectionNotFoundError: no such collection.
        CollectionError: another program wrote it, and no text can be read from it.
        StoreError: the store is locked, corrupt or out of reach.
    """
    found = store.foreign(collection)
    if found is not None:
        dimension = found.spaces[0].dimension if found.spaces else 0
        return CollectionStatus(collection, None, dimension, {}, files=0, chunks=found.points)
    versions = store.versions(collection)
    engine, identity = store.open(collection)
    with engine:
        return CollectionStatus(
            collection=collection,
            encoder=identity.encoder.name,
            dimension=identity.encoder.dimension,
            roots={name: root.location for name, root in root_records(engine).items()},
            files=engine.count(Where({f"{RECORD}.kind": ["file"]})),
            chunks=engine.count(Where({f"{RECORD}.kind": ["chunk"]})),
            previous=versions.previous,
            next=versions.next,
        )
