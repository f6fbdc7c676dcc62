"""Walk, chunk, embed, upsert: bring a collection level with folders on the disk."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from cpt_rag.chunking import chunk_source
from cpt_rag.collection import Collection, StoreLike, chunk_tokens, open_collection
from cpt_rag.ingest.read import UnusableFileError, decode, read_bytes
from cpt_rag.ingest.records import (
    FileRecord,
    RootRecord,
    chunk_id,
    chunk_payload,
    chunked_paths,
    chunks_of,
    file_records,
    record_id,
    root_records,
)
from cpt_rag.ingest.role import Role, file_role
from cpt_rag.ingest.roots import Root, check_roots, resolve_roots
from cpt_rag.ingest.walk import Entry, Reason, single_file, walk
from cpt_rag.qdrant import CollectionSpec, Where
from cpt_rag.text.bm25 import document_vector
from cpt_rag.types import Chunk, Encoder, IngestReport, Point

# Chunks that are embedded and written together, and files, some of which have none.
BATCH_CHUNKS = 512
BATCH_FILES = 1000
VISIBLE = re.compile(r"[^\x00-\x20\x7f]")

Progress = Callable[[int, int, str], None]
"""Called with the work done, the work in all, and what is being worked on."""


def ingest(
    path: str | Path | Sequence[str | Path],
    *,
    collection: str,
    store: StoreLike = None,
    encoder: str | Path | Encoder | None = None,
    preset: str | CollectionSpec | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Make ``collection`` hold what ``path`` holds; unchanged files cost a hash.

    Args:
        path: a folder, a file, or several of them.
        collection: made where there is none.
        store: a folder, a server's URL, or None for the per-user folder.
        encoder: a name, path or loaded encoder; None for the one that made the collection, or
            the default for a new one.
        preset: how a new collection is kept: "10k", "1m" or "100m" for about so many chunks, or a
            spec of one's own; one that is there must be kept so.
        name: what the folder is called in the collection, its own name by default.
        progress: told after each file.

    Raises:
        InvalidInputError: a path that does not exist, or no such preset.
        CollectionError: the collection is kept otherwise than ``preset`` says.
        RootConflictError: another folder of that name is in the collection.
        IdentityMismatchError: the collection was made by another encoder.
        StoreError: the store is locked, corrupt or out of reach.
    """
    started = time.perf_counter()
    roots = resolve_roots([path] if isinstance(path, str | Path) else path, name)
    with open_collection(collection, store, encoder=encoder, create=True, preset=preset) as opened:
        known = root_records(opened.engine)
        check_roots(roots, known, renamed=name is not None)
        run = _Run(opened, progress or (lambda done, total, label: None))
        for root in roots:
            run.ingest_root(root, known.get(root.name))
        run.finish()
    run.report.seconds = time.perf_counter() - started
    return run.report


@dataclass(slots=True)
class _Pending:
    """A chunked file that waits for its batch to be embedded."""

    record: FileRecord
    role: Role
    chunks: list[Chunk]
    replaces: bool


@dataclass(slots=True)
class _Run:
    """One ingestion under way.

    What a kill at any instant may leave is made good by the next run, because no chunk is touched
    while a record vouches for its file: records go first and come last. Chunks without a record
    are looked for only where the root's record says that a run did not finish.
    """

    collection: Collection
    progress: Progress
    report: IngestReport = field(default_factory=IngestReport)
    pending: list[_Pending] = field(default_factory=list)
    pending_chunks: int = 0
    replacing: bool = False
    unsettled: RootRecord | None = None
    wrote: bool = False

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to the stage's sum."""
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - started
            self.report.stages[name] = self.report.stages.get(name, 0.0) + spent

    def ingest_root(self, root: Root, record: RootRecord | None) -> None:
        """Bring one root level with its folder."""
        engine = self.collection.engine
        settled = RootRecord(root.name, root.folder.as_posix(), settled=True)
        self.unsettled = replace(settled, settled=False)
        self.replacing = engine.count(chunks_of(root.name)) > 0
        known = file_records(engine, root.name)
        with self.stage("walk"):
            entries = list(walk(root.folder)) if root.only is None else [_named(root)]
        for done, entry in enumerate(entries, 1):
            self._entry(root, entry, known.get(entry.path))
            self.progress(done, len(entries), entry.path)
        self._write()
        if root.only is None:
            self._remove_vanished(root, entries, known)
        if record is not None and not record.settled:
            self._remove_orphans(root)
        if self.unsettled is None or record != settled:
            engine.upsert([settled.point()])

    def finish(self) -> None:
        """Leave the collection optimised and on disk."""
        if self.wrote:
            self.progress(1, 1, "optimising")
            with self.stage("upsert"):
                self.collection.engine.optimise()
                self.collection.engine.flush()

    def _entry(self, root: Root, entry: Entry, record: FileRecord | None) -> None:
        self.report.files += 1
        try:
            if entry.reason is not None:
                raise UnusableFileError(entry.reason)
            with self.stage("walk"):
                content = read_bytes(root.folder / entry.path)
                sha256 = hashlib.sha256(content).hexdigest()
            if record is not None and record.sha256 == sha256:
                self.report.unchanged += 1
                return
            with self.stage("chunk"):
                text = decode(content)
                chunks = self._chunk(text, entry.path)
                role = file_role(entry.path, text)
        except UnusableFileError as skip:
            self._skip(root, entry, record, skip.reason)
            return
        self.report.indexed += 1
        fresh = FileRecord(root.name, entry.path, sha256, len(chunks))
        self.pending.append(_Pending(fresh, role, chunks, replaces=record is not None))
        self.pending_chunks += len(chunks)
        if self.pending_chunks >= BATCH_CHUNKS or len(self.pending) >= BATCH_FILES:
            self._write()

    def _chunk(self, text: str, path: str) -> list[Chunk]:
        encoder = self.collection.encoder
        chunks = chunk_source(
            text, path, count_tokens=encoder.count_tokens, max_tokens=chunk_tokens(encoder)
        )
        # What shows nothing (control characters) has no tokens, and so no vector.
        return [chunk for chunk in chunks if VISIBLE.search(chunk.embedded_text)]

    def _skip(self, root: Root, entry: Entry, record: FileRecord | None, reason: Reason) -> None:
        self.report.skipped[reason.value] = self.report.skipped.get(reason.value, 0) + 1
        # What cannot be read now is kept as it was read last; anything else has changed its nature.
        if record is not None and reason is not Reason.UNREADABLE:
            self._forget(root, entry.path)

    def _write(self) -> None:
        """Embed and upsert what is pending, stale chunks away after the fresh ones are there."""
        if not self.pending:
            return
        engine = self.collection.engine
        with self.stage("upsert"):
            self._unsettle()
            stale = [p.record for p in self.pending if p.replaces]
            if stale:
                engine.delete_ids([record_id(r.root, r.path) for r in stale])
        chunks = [(p, chunk) for p in self.pending for chunk in p.chunks]
        for start in range(0, len(chunks), BATCH_CHUNKS):
            points = self._points(chunks[start : start + BATCH_CHUNKS])
            with self.stage("upsert"):
                engine.upsert(points)
        with self.stage("upsert"):
            if self.replacing:
                for p in self.pending:
                    self._remove_stale(p)
            engine.upsert([p.record.point() for p in self.pending])
        self.report.chunks += len(chunks)
        self.pending.clear()
        self.pending_chunks = 0

    def _points(self, batch: Sequence[tuple[_Pending, Chunk]]) -> list[Point]:
        texts = [chunk.embedded_text for _, chunk in batch]
        with self.stage("embed"):
            vectors = self.collection.encoder.encode_document(texts)
            return [
                Point(
                    id=chunk_id(file.record.root, file.record.path, chunk),
                    payload=chunk_payload(file.record.root, file.record.path, chunk, file.role),
                    dense=vector,
                    sparse=document_vector(text),
                )
                for (file, chunk), text, vector in zip(batch, texts, vectors, strict=True)
            ]

    def _remove_stale(self, pending: _Pending) -> None:
        record = pending.record
        fresh = [chunk_id(record.root, record.path, chunk) for chunk in pending.chunks]
        where = chunks_of(record.root, record.path)
        self.collection.engine.delete(Where(where.must, must_not_ids=fresh))

    def _remove_vanished(
        self, root: Root, entries: Sequence[Entry], known: dict[str, FileRecord]
    ) -> None:
        met = {entry.path for entry in entries}
        # Nothing is known of what lies below a folder that could not be read.
        closed = tuple(entry.path for entry in entries if entry.is_folder)
        for path in sorted(known.keys() - met):
            if not path.startswith(closed):
                with self.stage("upsert"):
                    self._forget(root, path)
                self.report.removed += 1

    def _remove_orphans(self, root: Root) -> None:
        engine = self.collection.engine
        with self.stage("upsert"):
            recorded = file_records(engine, root.name).keys()
            for path in sorted(chunked_paths(engine, root.name) - recorded):
                self._unsettle()
                engine.delete(chunks_of(root.name, path))

    def _forget(self, root: Root, path: str) -> None:
        self._unsettle()
        self.collection.engine.delete_ids([record_id(root.name, path)])
        self.collection.engine.delete(chunks_of(root.name, path))

    def _unsettle(self) -> None:
        """Before the first write in a root, note in it that a run is under way."""
        self.wrote = True
        if self.unsettled is not None:
            self.collection.engine.upsert([self.unsettled.point()])
            self.unsettled = None


def _named(root: Root) -> Entry:
    assert root.only is not None
    return single_file(root.folder / root.only, root.folder)
