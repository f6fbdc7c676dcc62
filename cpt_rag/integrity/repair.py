"""Making a collection what it should be, embedding only what was hurt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.collection import StoreLike, open_collection
from cpt_rag.documents import Documents
from cpt_rag.ingest import Progress, ingest
from cpt_rag.ingest.records import record_id, rewritten
from cpt_rag.integrity.rebuild import rebuild
from cpt_rag.integrity.verify import Fault, VerifyReport, verify

if TYPE_CHECKING:
    from cpt_rag.collection import Collection
    from cpt_rag.types import Encoder

HURT = {Fault.DAMAGED, Fault.UNRECORDED}
INDEXES = {Fault.FILTER, Fault.INDEX}


def repair(
    path: str | Path | Sequence[str | Path],
    *,
    collection: str,
    store: StoreLike = None,
    encoder: str | Path | Encoder | None = None,
    name: str | None = None,
    deep: bool = False,
    progress: Progress | None = None,
) -> VerifyReport:
    """Take away what ``verify`` finds hurt, and ingest again.

    Where the points are well and an index is not, that is made anew over the same points.

    Args:
        path: the folder that was ingested, or several.
        collection: what it was ingested into.
        store: a folder, a server's URL, or None for the per-user folder.
        encoder: only where the encoder that made the collection has moved.
        name: what the folder is called in the collection.
        deep: as for ``verify``.
        progress: as for ``ingest``.

    Returns:
        What is still different afterwards, such as files that cannot be read.

    Raises:
        StoreCorruptError: it cannot be opened at all, and has to be made again.
        Else as ``ingest``.
    """
    report = verify(path, collection=collection, store=store, name=name, deep=deep)
    if any(found.fault in INDEXES for found in report.differences):
        rebuild(collection, store=store, progress=progress)
        report = verify(path, collection=collection, store=store, name=name, deep=deep)
    if not report.clean:
        with open_collection(collection, store, encoder=encoder) as opened:
            _take_away(opened, report)
        ingest(
            path, collection=collection, store=store, encoder=encoder, name=name, progress=progress
        )
        report = verify(path, collection=collection, store=store, name=name, deep=deep)
    return report


def _take_away(opened: Collection, report: VerifyReport) -> None:
    documents: list[str] = []
    for found in report.differences:
        if found.fault in HURT:
            # By id: the index that a filter would ask may be what was hurt.
            opened.engine.delete_ids([record_id(found.root, found.path), *found.ids])
        elif found.fault is Fault.NO_VECTOR:
            documents += found.ids
        elif found.fault is Fault.RECORD:
            bent = opened.engine.retrieve(found.ids)
            opened.engine.delete_ids(found.ids)
            opened.engine.upsert([rewritten(point) for point in bent])
    Documents(opened).embed_again(documents)
