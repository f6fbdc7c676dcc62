"""What a collection holds, told by its own records."""

from __future__ import annotations

from dataclasses import dataclass

from cpt_rag.ingest.records import root_records
from cpt_rag.qdrant import RECORD, Store, Where


@dataclass(frozen=True, slots=True)
class CollectionStatus:
    """``roots`` maps each root's name to its folder; ``files`` and ``chunks`` are counts."""

    collection: str
    encoder: str
    dimension: int
    roots: dict[str, str]
    files: int
    chunks: int


def collection_status(collection: str, store: Store) -> CollectionStatus:
    """Count what ``collection`` holds; the encoder itself is not loaded.

    Raises:
        CollectionNotFoundError: no such collection.
        StoreError: the store is locked, corrupt or out of reach.
    """
    engine, identity = store.open(collection)
    with engine:
        return CollectionStatus(
            collection=collection,
            encoder=identity.encoder.name,
            dimension=identity.encoder.dimension,
            roots={name: root.location for name, root in root_records(engine).items()},
            files=engine.count(Where({f"{RECORD}.kind": ["file"]})),
            chunks=engine.count(Where({f"{RECORD}.kind": ["chunk"]})),
        )
