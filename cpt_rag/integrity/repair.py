"""Making a collection what it should be, embedding only what was hurt."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.collection import StoreLike, open_collection, resolve_store
from cpt_rag.documents import Documents
from cpt_rag.errors import InvalidInputError
from cpt_rag.ingest import Progress
from cpt_rag.ingest.descriptions import (
    Descriptions,
    description_of,
    intact,
    read_descriptions,
    with_vectors,
)
from cpt_rag.ingest.pipeline import bring_level
from cpt_rag.ingest.records import digest_of, record_id, rewritten
from cpt_rag.ingest.roots import resolve_roots
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
    descriptions: str | Path | None = None,
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
        descriptions: as for ``ingest``; without them a chunk keeps the description it had.
        progress: as for ``ingest``.

    Returns:
        What is still different afterwards, such as files that cannot be read.

    Raises:
        InvalidInputError: a description was hurt, and ``descriptions`` are not given.
        StoreCorruptError: it cannot be opened at all, and has to be made again.
        Else as ``ingest``.
    """
    report = verify(path, collection=collection, store=store, name=name, deep=deep)
    if any(found.fault in INDEXES for found in report.differences):
        rebuild(collection, store=store, progress=progress)
        report = verify(path, collection=collection, store=store, name=name, deep=deep)
    if not report.clean:
        _mend(report, path, store, encoder, name, descriptions, progress)
        report = verify(path, collection=collection, store=store, name=name, deep=deep)
    return report


def _mend(
    report: VerifyReport,
    path: str | Path | Sequence[str | Path],
    store: StoreLike,
    encoder: str | Path | Encoder | None,
    name: str | None,
    descriptions: str | Path | None,
    progress: Progress | None,
) -> None:
    """Take away what is hurt, and bring the collection level with the folders."""
    roots = resolve_roots([path] if isinstance(path, str | Path) else path, name)
    given = None if descriptions is None else read_descriptions(descriptions)
    with ExitStack() as closing:
        place = resolve_store(store)
        if place is not store:
            closing.callback(place.close)
        opened = closing.enter_context(
            open_collection(report.collection, place, encoder=encoder, described=given is not None)
        )
        if opened.engine.spec.described:
            given = _kept(opened, report, given)
        _take_away(opened, report)
        bring_level(opened, place, roots, progress, given)


def _kept(
    opened: Collection, report: VerifyReport, given: Descriptions | None
) -> Descriptions | None:
    """The descriptions of what is to be taken away, and those given; None without any.

    Raises:
        InvalidInputError: there are none given, and of one the text does not give its vector.
    """
    hurt = [i for found in report.differences if found.fault in HURT for i in found.ids]
    points = opened.engine.retrieve(hurt, with_vectors=True)
    kept = intact(with_vectors(points), opened.encoder)
    had = [p for p in points if p.described is not None or description_of(p) is not None]
    lost = sum((digest_of(point) or "") not in kept for point in had)
    if lost and given is None:
        raise InvalidInputError(
            f"{lost:,} descriptions of collection {opened.name!r} are not as they were written, and"
            " nothing but what wrote them can give them again",
            expected="the descriptions that were ingested",
            remedy="repair with them: cpt-rag verify PATH --repair --descriptions FILE"
            f" --collection {opened.name}; nothing was taken away",
        )
    return {**kept, **(given or {})} if kept or given is not None else None


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
