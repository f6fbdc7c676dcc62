"""Move a collection, points and all, between the embedded engine and servers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.collection import StoreLike, default_store, resolve_store
from cpt_rag.errors import CollectionError, InvalidInputError
from cpt_rag.qdrant import Engine, Identity, Store, check_identity, same_point

if TYPE_CHECKING:
    from cpt_rag.types import Point

BATCH_POINTS = 256

Progress = Callable[[int, int, str], None]
"""Called with the points done, the points in all, and the collection's name."""


@dataclass(slots=True)
class CopyReport:
    """What one copy did: the source's ``points == written + unchanged``.

    ``removed`` counts points of the target that the source no longer had; ``seconds`` is wall time.
    """

    points: int = 0
    written: int = 0
    unchanged: int = 0
    removed: int = 0
    seconds: float = 0.0


def copy_collection(
    name: str,
    source: StoreLike = None,
    target: StoreLike = None,
    *,
    new_name: str | None = None,
    progress: Progress | None = None,
) -> CopyReport:
    """Make the target hold the collection as the source has it: points, identity and spec.

    Only what differs is written, so that a copy that was interrupted goes on where it was, and one
    that is done is brought level with a source that has changed since. Until the last point is
    there the target refuses to be opened. Vectors are equal to 1e-6: an engine may round in the
    last digit when it brings them to unit length.

    Args:
        name: the collection.
        source: its store, a folder, a server's URL, or None for the per-user folder; nothing is
            written there. What others write there meanwhile may or may not be in the copy.
        target: the store to copy to.
        new_name: what the copy is called, by default the same.
        progress: told after each batch.

    Raises:
        InvalidInputError: the target is the source.
        CollectionNotFoundError: the source has no such collection.
        CollectionError: the target has another collection of that name; or the source is itself an
            unfinished copy, or changed under the copy.
        IdentityMismatchError: the target has one made by another encoder, chunker or schema.
        StoreError: a store is locked, corrupt or out of reach.
    """
    started = time.perf_counter()
    called = name if new_name is None else new_name
    _check_apart(source, name, target, called)
    with ExitStack() as stack:
        stores = []
        for place in (source, target):
            stores.append(resolve_store(place))
            if not isinstance(place, Store):
                stack.callback(stores[-1].close)
        origin, identity = stores[0].open(name)
        stack.enter_context(origin)
        copy = _Copy(origin, stores[1], called, f"{name!r} in {stores[0].place}")
        with copy.opened(identity) as engine:
            copy.run(engine, progress or (lambda done, total, label: None))
    copy.report.seconds = time.perf_counter() - started
    return copy.report


@dataclass(slots=True)
class _Copy:
    """One copy under way.

    The mark that has the target refused goes on before its first write and off after the last one
    is on disk. What lies between is decided by comparing points, never by what a run remembers.
    """

    origin: Engine
    store: Store
    name: str
    source: str
    report: CopyReport = field(default_factory=CopyReport)
    marked: bool = False

    def opened(self, identity: Identity) -> Engine:
        """The target, made where there is none, and held to what it is to hold."""
        spec = self.origin.spec
        if not self.store.exists(self.name):
            self.marked = True
            return self.store.create(self.name, spec, identity, copy_of=self.source)
        engine, found, copy_of = self.store.open_copy(self.name)
        try:
            check_identity(found, identity, self.name)
            if engine.spec != spec:
                raise CollectionError(
                    f"collection {self.name!r} in {self.store.place} is kept as {engine.spec}",
                    expected=f"{spec}, as the source is kept",
                    remedy="copy to another name with --as NAME, or delete it first:"
                    f" cpt-rag delete --collection {self.name}",
                )
        except BaseException:
            engine.close()
            raise
        self.marked = copy_of != ""
        return engine

    def run(self, engine: Engine, progress: Progress) -> None:
        """Write what differs, remove what is gone, and take the mark off."""
        total = self.origin.count()
        fresh: list[Point] = []
        gone: list[str] = []
        for seen, (wanted, found) in enumerate(_side_by_side(self.origin, engine), 1):
            if wanted is None:
                assert found is not None
                gone.append(found.id)
            else:
                self.report.points += 1
                if found is None or not same_point(wanted, found):
                    fresh.append(wanted)
                else:
                    self.report.unchanged += 1
            if seen % BATCH_POINTS == 0:
                self._write(engine, fresh, gone)
                progress(self.report.points, total, self.name)
        self._write(engine, fresh, gone)
        self._settle(engine)
        progress(total, total, self.name)

    def _write(self, engine: Engine, fresh: list[Point], gone: list[str]) -> None:
        """Bring these level and forget them."""
        if not fresh and not gone:
            return
        if not self.marked:
            self.store.mark(self.name, self.source)
            self.marked = True
        engine.upsert(fresh)
        engine.delete_ids(gone)
        self.report.written += len(fresh)
        self.report.removed += len(gone)
        fresh.clear()
        gone.clear()

    def _settle(self, engine: Engine) -> None:
        if not self.marked:
            return
        points, copied = self.origin.count(), engine.count()
        if points != copied:
            raise CollectionError(
                f"{self.source} has {points} points and its copy {copied}: it changed meanwhile",
                expected="a source that nobody writes to while it is copied",
                remedy="run the same copy again",
            )
        engine.optimise()
        engine.flush()
        self.store.mark(self.name, "")


def _side_by_side(left: Engine, right: Engine) -> Iterator[tuple[Point | None, Point | None]]:
    """Points of both by id, in the order of ids; None where one has none.

    Writing to ``right`` what was seen so far disturbs nothing: its pages go on behind it.
    """
    ours, theirs = left.scroll(with_vectors=True), right.scroll(with_vectors=True)
    one, other = next(ours, None), next(theirs, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.id < other.id):
            yield one, None
            one = next(ours, None)
        elif one is None or other.id < one.id:
            yield None, other
            other = next(theirs, None)
        else:
            yield one, other
            one, other = next(ours, None), next(theirs, None)


def _check_apart(source: StoreLike, name: str, target: StoreLike, called: str) -> None:
    if name == called and _location(source) == _location(target):
        raise InvalidInputError(
            f"a copy of collection {name!r} onto itself",
            expected="another store, or another name",
            remedy="say where to with --to STORE, or what to call it with --as NAME",
        )


def _location(store: StoreLike) -> object:
    """What two ways to name one store have in common."""
    if isinstance(store, Store):
        return store
    if isinstance(store, str) and "://" in store:
        return store.rstrip("/")
    return Path(default_store() if store is None else store).expanduser().resolve()
