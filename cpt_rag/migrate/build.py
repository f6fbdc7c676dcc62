"""Making the next version: what it lacks is embedded, what it has is left alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cpt_rag.collection import Collection, identity_of
from cpt_rag.documents import embedded
from cpt_rag.errors import CptRagError
from cpt_rag.ingest import Progress
from cpt_rag.ingest.pipeline import bring_level
from cpt_rag.ingest.records import chunks_of, file_records, record_id, root_records
from cpt_rag.migrate.origin import (
    Content,
    check_folders,
    document_points,
    read_content,
    read_points,
)
from cpt_rag.qdrant import Store, check_identity
from cpt_rag.types import Encoder, IngestReport


@dataclass(slots=True)
class Built:
    """What the next version was made of: ``files`` as of its last look at the disk."""

    files: IngestReport = field(default_factory=IngestReport)
    vanished: int = 0
    documents: int = 0


def next_is_begun(name: str, making: Store, wanted: Content) -> bool:
    """Whether the next version is there for this very migration; another one is thrown away."""
    if not making.exists(name):
        return False
    engine, identity, copy_of = making.open_copy(name)
    with engine:
        spec = engine.spec
    try:
        check_identity(identity, wanted.identity, name)
    except CptRagError:
        fits = False
    else:
        fits = spec == wanted.spec and not copy_of
    if not fits:
        making.delete(name)
    return fits


def wanted_of(content: Content, encoder: Encoder) -> Content:
    """The same content as it is to be: another identity, and vectors of that dimension."""
    spec = replace(content.spec, dimension=encoder.dimension)
    identity = identity_of(encoder, described=spec.described)
    return replace(content, identity=identity, spec=spec)


def build(
    name: str, store: Store, making: Store, encoder: Encoder, progress: Progress | None
) -> Built:
    """Fill the next version until it lacks nothing that the present one has.

    What others write to the present one meanwhile is made up for by another round; a round that
    finds nothing to do is the last.
    """
    built = Built()
    while True:
        content = read_content(name, store)
        check_folders(name, content.roots)
        engine, _ = making.open(name)
        with Collection(name, engine, encoder) as opened:
            _forget(opened, content)
            report = bring_level(opened, store, content.roots, progress, content.descriptions)
            documents = _documents(opened, content, store, progress)
            engine.optimise()
            engine.flush()
        built.files = _added(built.files, report)
        built.vanished = max(0, content.files - report.files)
        built.documents = len(content.documents)
        if not (report.indexed or report.removed or documents):
            return built


def _forget(opened: Collection, content: Content) -> None:
    """Take away what the present version has dropped since an interrupted attempt."""
    engine = opened.engine
    known = root_records(engine)
    for name in known.keys() - {root.name for root in content.roots}:
        engine.delete_ids([record_id(name, path) for path in file_records(engine, name)])
        engine.delete(chunks_of(name))
        engine.delete_ids([known[name].point().id])
    engine.delete_ids(sorted(frozenset(document_points(engine)) - content.documents))


def _documents(
    opened: Collection, content: Content, store: Store, progress: Progress | None
) -> int:
    """Bring the documents level, embedded from their texts; how many were not."""
    engine = opened.engine
    ids = sorted(content.documents)
    read = written = 0
    for points in read_points(opened.name, store, ids):
        there = {point.id: point.payload for point in engine.retrieve([p.id for p in points])}
        lacking = [point for point in points if there.get(point.id) != point.payload]
        engine.upsert(embedded(lacking, opened.encoder))
        written += len(lacking)
        read += len(points)
        if progress is not None:
            progress(read, len(ids), "documents")
    return written


def _added(before: IngestReport, last: IngestReport) -> IngestReport:
    """The last round's files, and the work of all rounds."""
    return replace(
        last,
        indexed=before.indexed + last.indexed,
        chunks=before.chunks + last.chunks,
        reused=before.reused + last.reused,
        described=before.described + last.described,
        seconds=before.seconds + last.seconds,
    )
