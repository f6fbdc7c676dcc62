"""What is written of a root, in the order that leaves nothing unmendable after a kill."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cpt_rag.ingest.records import (
    FileRecord,
    RootRecord,
    chunked_paths,
    chunks_of,
    file_records,
    record_id,
)
from cpt_rag.ingest.reuse import Known
from cpt_rag.ingest.roots import Root
from cpt_rag.qdrant import Where, digest_points

if TYPE_CHECKING:
    from cpt_rag.qdrant import Engine
    from cpt_rag.types import IngestReport, Point

# Chunks that are written together, and files, some of which have none.
BATCH_CHUNKS = 512
BATCH_FILES = 1000
# What was written is held in memory until it is indexed.
INDEX_CHUNKS = 40_000


@dataclass(slots=True)
class File:
    """A file that is new or has changed, on its way into the collection.

    ``known`` is what need not be embedded again; ``points`` are its chunks once it is prepared.
    """

    path: str
    sha256: str
    replaces: bool
    known: Known = field(default_factory=Known)
    points: list[Point] = field(default_factory=list)

    def record(self, root: str) -> FileRecord:
        """What is kept of it in ``root``."""
        return FileRecord(
            root, self.path, self.sha256, len(self.points), digest_points(self.points)
        )


class Writer:
    """Writes one root after the other into a collection.

    What a kill at any instant may leave is made good by the next run, because no chunk is touched
    while a record vouches for its file: records go first and come last. Chunks without a record
    are looked for only where the root's record says that a run did not finish.

    Args:
        engine: the collection.
        report: told how many chunks were written, and how long that took.
    """

    def __init__(self, engine: Engine, report: IngestReport) -> None:
        self.wrote = False
        self._engine = engine
        self._report = report
        self._pending: list[File] = []
        self._pending_chunks = self._unindexed = 0

    def begin(self, root: Root, record: RootRecord | None) -> None:
        """Turn to ``root``, of which ``record`` was kept."""
        self._root, self._record = root.name, record
        self._settled = RootRecord(root.name, root.folder.as_posix(), settled=True)
        self._unsettled = False
        self._replacing = self._engine.count(chunks_of(root.name)) > 0

    def add(self, file: File) -> None:
        """Have the file's chunks written, with those of others."""
        self._pending.append(file)
        self._pending_chunks += len(file.points)
        if self._pending_chunks >= BATCH_CHUNKS or len(self._pending) >= BATCH_FILES:
            self._write()

    def forget(self, path: str) -> None:
        """Remove a file's record and chunks."""
        self._unsettle()
        self._engine.delete_ids([record_id(self._root, path)])
        self._engine.delete(chunks_of(self._root, path))

    def end(self, vanished: Collection[str], descriptions: str | None = None) -> None:
        """Write what waits, remove what has vanished or was left by a kill, and settle the root.

        Args:
            vanished: paths of files that are no more.
            descriptions: digest of those that the root's files are level with now; None leaves what
                was noted where nothing has been written.
        """
        self._write()
        with self._report.stage("upsert"):
            for path in sorted(vanished):
                self.forget(path)
            if self._record is not None and not self._record.settled:
                self._remove_orphans()
            if descriptions is None and self._record is not None and not self._unsettled:
                descriptions = self._record.descriptions
            settled = replace(self._settled, descriptions=descriptions or "")
            if self._unsettled or self._record != settled:
                self._engine.upsert([settled.point()])

    def finish(self) -> None:
        """Leave the collection indexed and on disk."""
        self._index()
        with self._report.stage("upsert"):
            self._engine.flush()

    def _write(self) -> None:
        """Upsert what is pending, stale chunks away after the fresh ones are there."""
        if not self._pending:
            return
        with self._report.stage("upsert"):
            self._unsettle()
            stale = [record_id(self._root, file.path) for file in self._pending if file.replaces]
            if stale:
                self._engine.delete_ids(stale)
            self._engine.upsert([point for file in self._pending for point in file.points])
            if self._replacing:
                for file in self._pending:
                    self._remove_stale(file.path, file.points)
            self._engine.upsert([file.record(self._root).point() for file in self._pending])
        self._report.chunks += self._pending_chunks
        self._unindexed += self._pending_chunks
        self._pending, self._pending_chunks = [], 0
        if self._unindexed >= INDEX_CHUNKS:
            self._index()

    def _remove_stale(self, path: str, fresh: Sequence[Point]) -> None:
        where = chunks_of(self._root, path)
        self._engine.delete(Where(where.must, must_not_ids=[point.id for point in fresh]))

    def _remove_orphans(self) -> None:
        recorded = file_records(self._engine, self._root).keys()
        for path in sorted(chunked_paths(self._engine, self._root) - recorded):
            self._unsettle()
            self._engine.delete(chunks_of(self._root, path))

    def _index(self) -> None:
        with self._report.stage("index"):
            self._engine.optimise()
        self._unindexed = 0

    def _unsettle(self) -> None:
        """Before the first write in a root, note in it that a run is under way."""
        self.wrote = True
        if not self._unsettled:
            self._unsettled = True
            self._engine.upsert([replace(self._settled, settled=False).point()])
