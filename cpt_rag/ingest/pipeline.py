"""Walk, chunk, embed, upsert: bring a collection level with folders on the disk."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cpt_rag.chunking import chunk_source
from cpt_rag.collection import Collection, StoreLike, chunk_tokens, open_collection
from cpt_rag.ingest.read import UnusableFileError, decode, read_bytes
from cpt_rag.ingest.records import (
    FileRecord,
    RootRecord,
    chunk_id,
    chunk_payload,
    chunks_of,
    file_records,
    record_of,
    root_records,
)
from cpt_rag.ingest.roots import Root, check_roots, resolve_roots
from cpt_rag.ingest.walk import Entry, Reason, walk
from cpt_rag.qdrant import Where
from cpt_rag.text.bm25 import document_vector
from cpt_rag.types import Chunk, Encoder, IngestReport, Point

# Chunks that are embedded and written together.
BATCH_CHUNKS = 512

Progress = Callable[[int, int, str], None]
"""Called with the work done, the work in all, and what is being worked on."""


def ingest(
    path: str | Path | Sequence[str | Path],
    *,
    collection: str,
    store: StoreLike = None,
    encoder: str | Path | Encoder | None = None,
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
        name: what the folder is called in the collection, its own name by default.
        progress: told after each file.

    Raises:
        InvalidInputError: a path that does not exist.
        RootConflictError: another folder of that name is in the collection.
        IdentityMismatchError: the collection was made by another encoder.
        StoreError: the store is locked, corrupt or out of reach.
    """
    started = time.perf_counter()
    roots = resolve_roots([path] if isinstance(path, str | Path) else path, name)
    with open_collection(collection, store, encoder=encoder, create=True) as opened:
        check_roots(roots, root_records(opened.engine), renamed=name is not None)
        run = _Run(opened, progress or (lambda done, total, label: None))
        for root in roots:
            run.ingest_root(root)
        with run.stage("upsert"):
            if run.report.chunks or run.report.removed:
                run.progress(1, 1, "optimising")
                opened.engine.optimise()
            opened.engine.flush()
    run.report.seconds = time.perf_counter() - started
    return run.report


@dataclass(slots=True)
class _Pending:
    """A chunked file that waits for its batch to be embedded."""

    record: FileRecord
    chunks: list[Chunk]


@dataclass(slots=True)
class _Run:
    """One ingestion under way."""

    collection: Collection
    progress: Progress
    report: IngestReport = field(default_factory=IngestReport)
    pending: list[_Pending] = field(default_factory=list)
    replacing: bool = False

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to the stage's sum."""
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - started
            self.report.stages[name] = self.report.stages.get(name, 0.0) + spent

    def ingest_root(self, root: Root) -> None:
        """Bring one root level with its folder."""
        engine = self.collection.engine
        # Chunks without a record may be left of a run that was killed.
        self.replacing = engine.count(chunks_of(root.name)) > 0
        known = file_records(engine, root.name)
        with self.stage("walk"):
            entries = list(walk(root.folder)) if root.only is None else [Entry(root.only)]
        engine.upsert([RootRecord(root.name, root.folder.as_posix()).point()])
        for done, entry in enumerate(entries, 1):
            self._entry(root, entry, known.get(entry.path))
            self.progress(done, len(entries), entry.path)
        self._write()
        if root.only is None:
            self._remove_vanished(root, entries, known)

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
                chunks = self._chunk(decode(content), entry.path)
        except UnusableFileError as skip:
            self._skip(root, entry, record, skip.reason)
            return
        self.report.indexed += 1
        self.pending.append(
            _Pending(FileRecord(root.name, entry.path, sha256, len(chunks)), chunks)
        )
        if sum(len(p.chunks) for p in self.pending) >= BATCH_CHUNKS:
            self._write()

    def _chunk(self, text: str, path: str) -> list[Chunk]:
        encoder = self.collection.encoder
        return chunk_source(
            text, path, count_tokens=encoder.count_tokens, max_tokens=chunk_tokens(encoder)
        )

    def _skip(self, root: Root, entry: Entry, record: FileRecord | None, reason: Reason) -> None:
        self.report.skipped[reason.value] = self.report.skipped.get(reason.value, 0) + 1
        # What cannot be read now is kept as it was read last; anything else has changed its nature.
        if record is not None and reason is not Reason.UNREADABLE:
            self._forget(root, entry.path)

    def _write(self) -> None:
        """Embed and upsert what is pending: chunks first, then stale ones away, then records."""
        engine = self.collection.engine
        chunks = [(p.record, chunk) for p in self.pending for chunk in p.chunks]
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

    def _points(self, batch: Sequence[tuple[FileRecord, Chunk]]) -> list[Point]:
        texts = [chunk.embedded_text for _, chunk in batch]
        with self.stage("embed"):
            vectors = self.collection.encoder.encode_document(texts)
            return [
                Point(
                    id=chunk_id(record.root, record.path, chunk),
                    payload=chunk_payload(record.root, record.path, chunk),
                    dense=vector,
                    sparse=document_vector(text),
                )
                for (record, chunk), text, vector in zip(batch, texts, vectors, strict=True)
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

    def _forget(self, root: Root, path: str) -> None:
        # The record goes last: a kill in between leaves a file that the next run removes again.
        self.collection.engine.delete(chunks_of(root.name, path))
        self.collection.engine.delete(record_of(root.name, path))
