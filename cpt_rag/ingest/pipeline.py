"""Walk, chunk, embed, upsert: bring a collection level with folders on the disk."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.collection import Collection, StoreLike, open_collection, resolve_store
from cpt_rag.ingest.describe import Describer
from cpt_rag.ingest.descriptions import Descriptions, read_descriptions
from cpt_rag.ingest.prepare import Batch, Prepared, Task
from cpt_rag.ingest.read import read_bytes
from cpt_rag.ingest.reasons import Reason, UnusableFileError
from cpt_rag.ingest.records import (
    FileRecord,
    RootRecord,
    any_files,
    chunk_point,
    file_records,
    root_records,
)
from cpt_rag.ingest.reuse import Reuse, Siblings
from cpt_rag.ingest.roots import Root, check_roots, resolve_roots
from cpt_rag.ingest.walk import Entry, single_file, walk
from cpt_rag.ingest.workers import Workers
from cpt_rag.ingest.write import File, Writer
from cpt_rag.qdrant import CollectionSpec, Store
from cpt_rag.types import Encoder, IngestReport

if TYPE_CHECKING:
    from cpt_rag.qdrant import Engine

# Source that is prepared together: enough to embed at full speed, little enough to share out.
GROUP_BYTES = 1 << 18
GROUP_FILES = 64

Progress = Callable[[int, int, str], None]
"""Called with the work done, the work in all, and what is being worked on."""


def ingest(  # noqa: PLR0913 - each an option of the command
    path: str | Path | Sequence[str | Path],
    *,
    collection: str,
    store: StoreLike = None,
    encoder: str | Path | Encoder | None = None,
    preset: str | CollectionSpec | None = None,
    name: str | None = None,
    document_key: bool = False,
    descriptions: str | Path | None = None,
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
        document_key: make the collection with its texts under ``document`` too, where
            mcp-server-qdrant reads them.
        descriptions: a file of what chunks do, in words, a JSON line for each; they are stored with
            the chunks, and searched by vectors of their own. A chunk that the file does not name
            keeps the description it has.
        progress: told after each file.

    Raises:
        InvalidInputError: a path that does not exist, no such preset, a line of ``descriptions``
            that is none, or a document key or descriptions for a collection that was made without.
        CollectionError: the collection is kept otherwise than ``preset`` says.
        RootConflictError: another folder of that name is in the collection.
        IdentityMismatchError: the collection was made by another encoder, or program.
        StoreError: the store is locked, corrupt or out of reach.
    """
    roots = resolve_roots([path] if isinstance(path, str | Path) else path, name)
    given = None if descriptions is None else read_descriptions(descriptions)
    with ExitStack() as closing:
        place = resolve_store(store)
        if place is not store:
            closing.callback(place.close)
        opened = closing.enter_context(
            open_collection(
                collection,
                place,
                encoder=encoder,
                create=True,
                document_key=document_key,
                preset=preset,
                described=given is not None,
            )
        )
        check_roots(roots, root_records(opened.engine), renamed=name is not None)
        return bring_level(opened, place, roots, progress, given)


def bring_level(
    opened: Collection,
    place: Store,
    roots: Sequence[Root],
    progress: Progress | None = None,
    descriptions: Descriptions | None = None,
) -> IngestReport:
    """As ``ingest``, into an open collection; its report leaves out the time of opening.

    Args:
        opened: stays the caller's to close.
        place: its store, in which vectors are looked for that need not be made again.
        roots: what it is to hold, checked by the caller.
        progress: told after each file.
        descriptions: new and changed ones; None where there are none to be level with.
    """
    started = time.perf_counter()
    known = root_records(opened.engine)
    with Workers(opened.encoder) as workers, Siblings(place, opened) as siblings:
        report = IngestReport()
        run = _Run(
            opened.engine,
            workers,
            siblings.engines,
            progress or (lambda done, total, label: None),
            report,
            Writer(opened.engine, report),
            Describer(opened.engine, opened.encoder, descriptions),
        )
        for root in roots:
            run.ingest_root(root, known.get(root.name))
        run.finish()
    report.seconds = time.perf_counter() - started
    return report


@dataclass(slots=True)
class _Run:
    """One ingestion under way."""

    engine: Engine
    workers: Workers
    others: Callable[[], Sequence[Engine]]
    progress: Progress
    report: IngestReport
    writer: Writer
    describer: Describer
    reuse: Reuse | None = None

    def ingest_root(self, root: Root, record: RootRecord | None) -> None:
        """Bring one root level with its folder."""
        self.writer.begin(root, record)
        known = file_records(self.engine, root.name)
        self.describer.begin(root.name, record, known.keys())
        # A root that is new here may be a clone of one elsewhere; later only what changes is new.
        elsewhere = self.others() if record is None else ()
        lookable = self.writer.wrote or elsewhere or any_files(self.engine)
        self.reuse = Reuse([self.engine, *elsewhere]) if lookable else None
        with self.report.stage("walk"):
            entries = _entries(root)
        groups = self._groups(root, entries, known)
        for files, batch in self.workers.prepare(groups, _expected(entries, known)):
            self._take(root, files, batch)
        vanished = _vanished(entries, known) if root.only is None else set()
        self.report.removed += len(vanished)
        self.writer.end(vanished, self.describer.applied(vanished))

    def finish(self) -> None:
        """Leave the collection optimised and on disk."""
        if self.writer.wrote:
            self.progress(1, 1, "optimising")
            self.writer.finish()

    def _groups(
        self, root: Root, entries: Sequence[Entry], known: Mapping[str, FileRecord]
    ) -> Iterator[tuple[list[File], list[Task]]]:
        """New and changed files, a few at a time, with what there is to prepare of them."""
        group: list[tuple[File, bytes]] = []
        size = 0
        for done, entry in enumerate(entries, 1):
            read = self._read(root, entry, known.get(entry.path))
            self.progress(done, len(entries), entry.path)
            if read is None:
                continue
            group.append(read)
            size += len(read[1])
            if size >= GROUP_BYTES or len(group) >= GROUP_FILES:
                yield self._tasks(root, group)
                group, size = [], 0
        if group:
            yield self._tasks(root, group)

    def _read(
        self, root: Root, entry: Entry, record: FileRecord | None
    ) -> tuple[File, bytes] | None:
        """The file and its content; None where it is unchanged or cannot be used."""
        self.report.files += 1
        try:
            if entry.reason is not None:
                raise UnusableFileError(entry.reason)
            with self.report.stage("walk"):
                content = read_bytes(root.folder / entry.path)
                sha256 = hashlib.sha256(content).hexdigest()
        except UnusableFileError as skip:
            self._skip(entry.path, record is not None, skip.reason)
            return None
        same = record is not None and record.sha256 == sha256
        if same and not self.describer.outdates(entry.path):
            self.report.unchanged += 1
            return None
        return File(entry.path, sha256, replaces=record is not None), content

    def _tasks(
        self, root: Root, group: Sequence[tuple[File, bytes]]
    ) -> tuple[list[File], list[Task]]:
        if self.reuse is not None:
            with self.report.stage("reuse"):
                found = self.reuse.look(root.name, [(file.path, file.sha256) for file, _ in group])
            for file, _ in group:
                file.known = found.get(file.path, file.known)
        tasks = [
            Task(file.path, content, frozenset(file.known.vectors))
            for file, content in group
            if file.known.points is None
        ]
        return [file for file, _ in group], tasks

    def _take(self, root: Root, files: Sequence[File], batch: Batch) -> None:
        for stage, seconds in batch.seconds.items():
            self.report.stages[stage] = self.report.stages.get(stage, 0.0) + seconds
        ready = []
        prepared = iter(batch.files)
        for file in files:
            if file.known.points is not None:
                file.points = file.known.points
                self.report.reused += len(file.points)
            else:
                made = next(prepared)
                if made.reason is not None:
                    self._skip(file.path, file.replaces, made.reason)
                    continue
                self._embedded(root, file, made)
                self.report.read_as(made.encoding)
            ready.append(file)
        with self.report.stage("embed"):
            self.describer.describe(ready)
        for file in ready:
            self.report.indexed += 1
            self.report.described += sum(point.described is not None for point in file.points)
            self.writer.add(file)

    def _embedded(self, root: Root, file: File, made: Prepared) -> None:
        for chunk in made.chunks:
            dense = file.known.vectors[chunk.digest] if chunk.dense is None else chunk.dense
            self.report.reused += chunk.dense is None
            file.points.append(chunk_point(root.name, file.path, made.role, chunk, dense))

    def _skip(self, path: str, recorded: bool, reason: Reason) -> None:
        self.report.skip(reason.value, path)
        # What cannot be read now is kept as it was read last; anything else has changed its nature.
        if recorded and reason is not Reason.UNREADABLE:
            self.writer.forget(path)


def _entries(root: Root) -> list[Entry]:
    """Its files, and folders that cannot be read."""
    if root.only is not None:
        return [single_file(root.folder / root.only, root.folder)]
    found = walk(root.folder)
    if root.among is None:
        return list(found)
    return [entry for entry in found if entry.is_folder or entry.path in root.among]


def _vanished(entries: Sequence[Entry], known: Mapping[str, FileRecord]) -> set[str]:
    """Recorded files that are no more; of what lies below a folder that is closed nobody knows."""
    closed = tuple(entry.path for entry in entries if entry.is_folder)
    gone = known.keys() - {entry.path for entry in entries}
    return {path for path in gone if not path.startswith(closed)}


def _expected(entries: Sequence[Entry], known: Mapping[str, FileRecord]) -> int:
    """Bytes of files that are new; how many of the others have changed is not known yet."""
    return sum(e.size for e in entries if e.reason is None and e.path not in known)
