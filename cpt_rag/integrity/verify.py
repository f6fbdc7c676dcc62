"""Is the collection what the disk says, and are its points what was written? Nothing is trusted."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.collection import StoreLike, resolve_store
from cpt_rag.ingest.read import decode, read_bytes
from cpt_rag.ingest.reasons import Reason, UnusableFileError
from cpt_rag.ingest.records import (
    FileRecord,
    RootRecord,
    chunks_of,
    file_records,
    rewritten,
    root_records,
)
from cpt_rag.ingest.roots import Root, check_roots, resolve_roots
from cpt_rag.ingest.walk import Entry, walk
from cpt_rag.integrity.deep import LEAST_RECALL, dense_recall
from cpt_rag.integrity.tallies import Tallies
from cpt_rag.qdrant import (
    CHUNK_KIND,
    METADATA,
    PAGE_CONTENT,
    RECORD,
    digest_point,
    join_digests,
)

if TYPE_CHECKING:
    from cpt_rag.qdrant import Engine
    from cpt_rag.types import Point


class Fault(str, Enum):
    """How a collection differs from what it should be."""

    NOT_INGESTED = "not ingested"
    CHANGED = "changed on disk"
    VANISHED = "vanished from disk"
    UNFINISHED = "an ingestion did not finish"
    DAMAGED = "chunks are not those recorded"
    UNRECORDED = "chunks without a record"
    RECORD = "a record is not as it was written"
    NO_VECTOR = "a document without a usable vector"
    INDEX = "the index misses neighbours"
    FILTER = "a filter does not find what it should"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it should be.

    ``path`` is empty where it is about a whole root; ``ids`` are the points concerned.
    """

    root: str
    path: str
    fault: Fault
    detail: str = ""
    ids: tuple[str, ...] = ()


@dataclass(slots=True)
class VerifyReport:
    """What was looked at, and every difference found."""

    collection: str
    files: int = 0
    chunks: int = 0
    documents: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether there is no difference."""
        return not self.differences


def verify(
    path: str | Path | Sequence[str | Path],
    *,
    collection: str,
    store: StoreLike = None,
    name: str | None = None,
    deep: bool = False,
) -> VerifyReport:
    """Compare disk, records, points and vectors; nothing is written and nothing embedded.

    Args:
        path: the folder that was ingested, or several.
        collection: what it was ingested into.
        store: a folder, a server's URL, or None for the per-user folder.
        name: what the folder is called in the collection.
        deep: compare approximate with exact search, too.

    Raises:
        CollectionNotFoundError, StoreError: as ``open_collection``; damage that shows when the
            collection is opened is a ``StoreCorruptError``.
        RootConflictError: another folder has that name in the collection.
    """
    place = resolve_store(store)
    roots = resolve_roots([path] if isinstance(path, str | Path) else path, name)
    try:
        engine, _ = place.open(collection)
        with engine:
            report = verify_engine(engine, roots)
            if deep:
                report.differences += _index(engine)
            return report
    finally:
        if place is not store:
            place.close()


def verify_engine(engine: Engine, roots: Sequence[Root]) -> VerifyReport:
    """As ``verify``, of an open collection."""
    engine.check_files()
    report = VerifyReport(engine.name)
    known = root_records(engine)
    check_roots(roots, known, renamed=False)
    recorded = {name: file_records(engine, name) for name in known}
    for root in roots:
        report.differences += _disk(root, known.get(root.name), recorded.get(root.name, {}))
    report.differences += _points(engine, recorded, report)
    report.files = sum(map(len, recorded.values()))
    report.differences.sort(key=lambda found: (found.root, found.path, found.fault.value))
    return report


def _disk(
    root: Root, record: RootRecord | None, recorded: Mapping[str, FileRecord]
) -> Iterator[Difference]:
    """Records against files."""
    if record is not None and not record.settled:
        yield Difference(root.name, "", Fault.UNFINISHED)
    met = set()
    for entry in walk(root.folder):
        if root.only is not None and entry.path != root.only:
            continue
        met.add(entry.path)
        sha256 = _sha256(root, entry)
        found = recorded.get(entry.path)
        if sha256 is None and (found is None or entry.reason is Reason.UNREADABLE):
            continue
        if found is None:
            yield Difference(root.name, entry.path, Fault.NOT_INGESTED)
        elif found.sha256 != sha256:
            yield Difference(root.name, entry.path, Fault.CHANGED)
    if root.only is None:
        for path in recorded.keys() - met:
            yield Difference(root.name, path, Fault.VANISHED)


def _sha256(root: Root, entry: Entry) -> str | None:
    """Digest of a file that an ingestion would take, None for one that it would skip."""
    if entry.reason is not None:
        return None
    try:
        content = read_bytes(root.folder / entry.path)
        decode(content)
    except UnusableFileError:
        return None
    return hashlib.sha256(content).hexdigest()


@dataclass(slots=True)
class _Found:
    """What a file has in the collection: its chunks' ids and digests."""

    ids: list[str] = field(default_factory=list)
    digests: list[int] = field(default_factory=list)


def _points(
    engine: Engine, recorded: Mapping[str, Mapping[str, FileRecord]], report: VerifyReport
) -> Iterator[Difference]:
    """Points against records: every point is read once, and every file asked for by its path."""
    found: defaultdict[tuple[str, str], _Found] = defaultdict(_Found)
    tallies = Tallies(engine)
    for point in engine.scroll(with_vectors=True):
        tallies.add(point)
        kind = _kind(point)
        if kind == CHUNK_KIND:
            report.chunks += 1
            file = found[_place(point)]
            file.ids.append(point.id)
            file.digests.append(digest_point(point))
        elif PAGE_CONTENT in point.payload:
            report.documents += 1
            if not _usable(point):
                yield Difference("", point.id, Fault.NO_VECTOR, ids=(point.id,))
        elif kind is not None and not _as_written(point):
            yield Difference("", point.id, Fault.RECORD, ids=(point.id,))
    for root, files in recorded.items():
        for path, record in files.items():
            yield from _compared(engine, record, found.pop((root, path), _Found()))
    for (root, path), stray in found.items():
        detail = f"{len(stray.ids)} chunks"
        yield Difference(root, path, Fault.UNRECORDED, detail, tuple(stray.ids))
    for field_path, value in tallies.different():
        yield Difference("", field_path, Fault.FILTER, value)


def _compared(engine: Engine, record: FileRecord, found: _Found) -> Iterator[Difference]:
    ids = tuple(found.ids)
    detail = ""
    if len(ids) != record.chunks:
        detail = f"{len(ids)} chunks for {record.chunks}"
    elif join_digests(found.digests) != record.digest:
        detail = "texts, metadata or vectors differ"
    if detail:
        yield Difference(record.root, record.path, Fault.DAMAGED, detail, ids)
        return
    by_path = engine.count(chunks_of(record.root, record.path))
    if by_path != record.chunks:
        detail = f"{by_path} chunks for {record.chunks}"
        yield Difference(record.root, record.path, Fault.FILTER, detail, ids)


def _index(engine: Engine) -> Iterator[Difference]:
    """Approximate search against exact search, by each of the dense vectors."""
    for name in engine.spec.dense_names:
        recall = dense_recall(engine, described=name == engine.spec.description)
        if recall.share < LEAST_RECALL:
            detail = f"{recall.found} of {recall.wanted} nearest neighbours by {name}"
            yield Difference("", "", Fault.INDEX, detail)


def _place(point: Point) -> tuple[str, str]:
    metadata = point.payload.get(METADATA)
    metadata = metadata if isinstance(metadata, Mapping) else {}
    return str(metadata.get("root")), str(metadata.get("path"))


def _kind(point: Point) -> object:
    record = point.payload.get(RECORD)
    return record.get("kind") if isinstance(record, Mapping) else None


def _as_written(record: Point) -> bool:
    if any(vector is not None for vector in (record.dense, record.sparse, record.described)):
        return False
    right = rewritten(record)
    return (record.id, record.payload) == (right.id, right.payload)


def _usable(point: Point) -> bool:
    if point.dense is None:
        return False
    return math.isclose(float(point.dense @ point.dense), 1.0, abs_tol=1e-3)
