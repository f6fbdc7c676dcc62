"""Build, compare, switch; and switch back."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from cpt_rag.collection import StoreLike, identity_of, loaded_encoder, maker_of, resolve_store
from cpt_rag.errors import CollectionError, CptRagError
from cpt_rag.ingest import Progress
from cpt_rag.ingest.descriptions import check_lengths
from cpt_rag.migrate.build import Built, build, next_is_begun, wanted_of
from cpt_rag.migrate.origin import Content, check_folders, read_content
from cpt_rag.own.compare import Comparison, compare_encoders
from cpt_rag.qdrant import Identity, Store, check_identity, refused
from cpt_rag.types import Encoder


@dataclass(slots=True)
class MigrationReport:
    """What one migration did.

    ``switched`` is false where the collection was made by that encoder already. Of the new version,
    ``files`` counts the files read anew, ``skipped`` those of them that could not be by reason,
    ``vanished`` those that are no longer on the disk; ``documents`` and ``chunks`` are what was
    embedded from texts and from files, ``reused`` those chunks whose vectors were at hand,
    ``described`` those that have a description.
    ``not_compared`` says why there is no comparison. ``seconds`` is wall time.
    """

    collection: str
    before: str
    after: str
    switched: bool = False
    files: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    vanished: int = 0
    chunks: int = 0
    reused: int = 0
    described: int = 0
    documents: int = 0
    comparison: Comparison | None = None
    not_compared: str = ""
    seconds: float = 0.0


def migrate(
    collection: str,
    *,
    encoder: str | Path | Encoder | None = None,
    store: StoreLike = None,
    force: bool = False,
    progress: Progress | None = None,
) -> MigrationReport:
    """Make the collection anew with another encoder, beside the old version, then switch to it.

    Searches go on in the old version, which is opened for moments only, until the switch, which is
    one step. It is kept for ``rollback``, until the next migration has switched. Files are read
    again from the folders that were ingested, documents from what is stored. After a kill the same
    call goes on with what is built; the same call once more does nothing.

    First both encoders are asked what the folders themselves ask: where that makes search worse by
    more than chance, nothing is built unless by ``force``.

    Args:
        collection: written by cpt-rag.
        encoder: a name, path or loaded encoder; None for the one that made the collection, where
            the version of cpt-rag is another. That of the collection itself throws away what an
            interrupted migration has built.
        store: a folder, a server's URL, or None for the per-user folder.
        force: switch even where search is worse.
        progress: told after each file, query and batch of documents.

    Raises:
        CollectionNotFoundError: there is none.
        CollectionError: search would be worse; or another program wrote the collection; or it bears
            its name itself on a server, where only an alias can be switched.
        InvalidInputError: a folder that was ingested is gone, or the encoder reads less than a
            description is long.
        StoreLockedError: another process has the collection open and keeps it, or migrates it.
            What is built stays.
        EncoderError, StoreError: as ``ingest``.
    """
    started = time.perf_counter()
    with ExitStack() as closing:
        place = resolve_store(store)
        if place is not store:
            closing.callback(place.close)
        if place.foreign(collection) is not None:
            raise refused(collection)
        content = read_content(collection, place)
        made_by = content.identity
        loaded = maker_of(made_by, collection) if encoder is None else loaded_encoder(encoder)
        report = MigrationReport(collection, made_by.encoder.name, loaded.fingerprint.name)
        making = place.next_version(collection)
        wanted = identity_of(loaded, described=content.spec.described)
        if _same(made_by, wanted, collection):
            if making.exists(collection):
                making.delete(collection)
        else:
            _make(report, content, loaded, place, making, force=force, progress=progress)
    report.seconds = time.perf_counter() - started
    return report


def rollback(collection: str, *, store: StoreLike = None) -> str:
    """Serve the version before the last migration again; a second time, the one after it.

    What was ingested since the migration is not in it: the next ingestion brings it level.

    Returns:
        The name of the encoder that made what is served now.

    Raises:
        CollectionNotFoundError: there is none.
        CollectionError: it has no previous version.
        StoreLockedError: another process has it open, or migrates it.
        StoreError: the store is corrupt or out of reach.
    """
    place = resolve_store(store)
    try:
        place.roll_back(collection)
        engine, identity = place.open(collection)
        engine.close()
    finally:
        if place is not store:
            place.close()
    return identity.encoder.name


def _make(
    report: MigrationReport,
    content: Content,
    encoder: Encoder,
    store: Store,
    making: Store,
    *,
    force: bool,
    progress: Progress | None,
) -> None:
    """Compare, unless that was done before an interruption; build and switch."""
    name = report.collection
    check_folders(name, content.roots)
    check_lengths(content.descriptions, encoder)
    wanted = wanted_of(content, encoder)
    if next_is_begun(name, making, wanted):
        report.not_compared = "that was done before the interruption"
    else:
        _compare(report, content, encoder, progress)
        if report.comparison is not None and report.comparison.worse and not force:
            raise _worse(name, report.comparison)
        making.create(name, wanted.spec, wanted.identity).close()
    _tell(report, build(name, store, making, encoder, progress))
    store.switch(name)
    report.switched = True


def _compare(
    report: MigrationReport, content: Content, after: Encoder, progress: Progress | None
) -> None:
    if not content.roots:
        report.not_compared = "no folder was ingested, whose docstrings and headings could ask"
        return
    try:
        before = maker_of(content.identity, report.collection)
    except CptRagError as error:
        report.not_compared = error.found
        return
    if not _same(content.identity, _with_encoder(content.identity, before), report.collection):
        report.not_compared = f"the encoder {before.fingerprint.name} has changed since"
    elif before.fingerprint == after.fingerprint:
        report.not_compared = "the encoder stays the same"
    else:
        folders = {root.folder: root.among or frozenset() for root in content.roots}
        report.comparison = compare_encoders(folders, before, after, progress)


def _tell(report: MigrationReport, built: Built) -> None:
    report.files, report.skipped = built.files.files, built.files.skipped
    report.chunks, report.reused = built.files.chunks, built.files.reused
    report.described = built.files.described
    report.vanished, report.documents = built.vanished, built.documents


def _same(found: Identity, wanted: Identity, name: str) -> bool:
    try:
        check_identity(found, wanted, name)
    except CptRagError:
        return False
    return True


def _with_encoder(identity: Identity, encoder: Encoder) -> Identity:
    return Identity(encoder.fingerprint, identity.chunker, identity.sparse, identity.schema)


def _worse(name: str, comparison: Comparison) -> CollectionError:
    gain = comparison.decisive
    assert gain is not None
    return CollectionError(
        f"{comparison.after} searches collection {name!r} worse than {comparison.before}: nDCG@10"
        f" {gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] on {gain.units:,} queries of its"
        " own folders",
        expected="no loss beyond chance; nothing was built",
        remedy="keep the encoder, or switch all the same: cpt-rag migrate"
        f" --collection {name} --encoder {comparison.after} --yes",
    )
