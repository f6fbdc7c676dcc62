"""A folder of collections, each one qdrant-edge shard.

::

    STORE/docs                      pointer: names the shards' folders; replaced by atomic rename
    STORE/.shards/docs-<hex>/       a shard; its identity is a point without vectors
    STORE/.shards/docs-<hex>.seal   its points and files when last closed in order
    STORE/.shards/docs.lock         held while the collection is open, made, or removed
    STORE/.shards/docs.lock.pid     who holds it
    STORE/.shards/.docs.next.lock   held while its next version is open, made, or removed

A collection exists from the instant its pointer does: the pointer is written last and removed
first. A shard that no pointer names is left from a kill, and goes with the next create, delete or
switch of that name. The pointer of a collection that exists is changed under the lock of its next
version; to change what is served takes both locks.
"""

from __future__ import annotations

import copy
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from cpt_rag.errors import StoreError
from cpt_rag.qdrant import files, room
from cpt_rag.qdrant.edge import EdgeEngine, to_edge
from cpt_rag.qdrant.edge_pointer import Change, Pointer, Version, astray
from cpt_rag.qdrant.edge_shard import Shard
from cpt_rag.qdrant.gated import read_point
from cpt_rag.qdrant.holding import Holding, hold
from cpt_rag.qdrant.identity import IDENTITY_ID, Identity, copied_from, from_record, to_record
from cpt_rag.qdrant.lock import CollectionLock
from cpt_rag.qdrant.refusals import missing, no_next, no_previous, taken, unfinished
from cpt_rag.qdrant.seal import Seal
from cpt_rag.qdrant.spec import CollectionSpec
from cpt_rag.qdrant.store import (
    SHARDS,
    Store,
    Versions,
    check_name,
    check_new,
    is_store_file,
)
from cpt_rag.types import Point


class EdgeStore(Store):
    """The store in ``folder``, which the first create makes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards = folder / SHARDS
        self._next_of = ""

    @property
    def place(self) -> str:
        """See ``Store.place``."""
        return str(self._folder)

    def collections(self) -> list[str]:
        """See ``Store.collections``."""
        try:
            if not self._shards.is_dir():
                return []
            found = [entry.name for entry in self._folder.iterdir() if is_store_file(entry)]
        except OSError as error:
            raise StoreError(
                f"the store {self._folder} cannot be listed: {error}",
                expected="a folder that this user may read",
            ) from error
        return sorted(found)

    def exists(self, name: str) -> bool:
        """See ``Store.exists``."""
        check_name(name)
        if name not in self.collections():
            return False
        return name != self._next_of or self._pointer(name).next is not None

    def create(
        self, name: str, spec: CollectionSpec, identity: Identity, copy_of: str = ""
    ) -> EdgeEngine:
        """See ``Store.create``."""
        check_new(name, spec, identity)
        if self.exists(name):
            raise taken(name, self.place)
        record = to_record(identity, spec, copy_of)
        return EdgeEngine(hold(self._place(name), lambda: self._made(name, record)))

    def open(self, name: str) -> tuple[EdgeEngine, Identity]:
        """See ``Store.open``."""
        engine, identity, copy_of = self.open_copy(name)
        if copy_of:
            engine.close()
            raise unfinished(name, self.place, copy_of)
        return engine, identity

    def open_copy(self, name: str) -> tuple[EdgeEngine, Identity, str]:
        """See ``Store.open_copy``."""
        self._check_present(name)
        holding = hold(self._place(name), lambda: self._loaded(name))
        return EdgeEngine(holding), holding.identity, holding.copy_of

    def mark(self, name: str, copy_of: str) -> None:
        """See ``Store.mark``."""
        engine, *_ = self.open_copy(name)
        with engine:
            engine.mark(copy_of)

    def delete(self, name: str) -> None:
        """See ``Store.delete``; all versions go, through ``next_version`` only that one."""
        self._check_present(name)
        if name == self._next_of:
            self._change(name, lambda pointer: replace(pointer, next=None), served=False)
            return
        with self._locks(name, served=True):
            files.remove(self._folder / name)
            self._sweep(name, keep=())

    def next_version(self, name: str) -> EdgeStore:
        """See ``Store.next_version``."""
        view = copy.copy(self)
        view._next_of = name
        return view

    def versions(self, name: str) -> Versions:
        """See ``Store.versions``."""
        self._check_present(name)
        pointer = self._pointer(name)
        return Versions(
            None if pointer.previous is None else pointer.previous.encoder,
            None if pointer.next is None else pointer.next.encoder,
        )

    def switch(self, name: str) -> None:
        """See ``Store.switch``."""
        self._change(name, lambda old: Pointer(_there(old.next, name), previous=old.present))

    def supersede(self, name: str) -> None:
        """See ``Store.supersede``."""
        self._change(name, lambda old: Pointer(_there(old.next, name), previous=old.previous))

    def roll_back(self, name: str) -> None:
        """See ``Store.roll_back``."""

        def back(old: Pointer) -> Pointer:
            if old.previous is None:
                raise no_previous(name)
            return replace(old, present=old.previous, previous=old.present)

        self._change(name, back)

    def _change(self, name: str, change: Change, *, served: bool = True) -> None:
        """Replace the pointer, and remove what it names no more."""
        self._check_present(name)
        with self._locks(name, served=served):
            changed = change(self._pointer(name))
            changed.write(self._folder / name, self._shards)
            self._sweep(name, changed.shards())

    @contextmanager
    def _locks(self, name: str, *, served: bool) -> Iterator[None]:
        with ExitStack() as held:
            held.callback(self._lock(name, next_version=True).release)
            if served:
                held.callback(self._lock(name).release)
            yield

    def _place(self, name: str) -> tuple[Path, str]:
        """Where it is open, in this process: versions in the making apart from all others."""
        return (self._shards if name == self._next_of else self._folder).resolve(), name

    def _made(self, name: str, record: Mapping[str, Any]) -> Holding:
        identity, spec = from_record(record)
        upcoming = name == self._next_of
        try:
            self._shards.mkdir(parents=True, exist_ok=True)
            room.check(self._shards, name)
            with ExitStack() as undo:
                lock = self._lock(name, next_version=upcoming)
                undo.callback(lock.release)
                pointer = self._pointer(name) if upcoming else None
                if (pointer.next is not None) if pointer else (self._folder / name).exists():
                    raise taken(name, str(self._folder))
                self._sweep(name, pointer.shards() if pointer else ())
                path = self._shards / f"{name}-{uuid.uuid4().hex}"
                shard = Shard.create(path, spec, name)
                undo.callback(shard.close)
                _sign(shard, spec, record)
                files.sync_folder(self._shards)
                version = Version(path.name, identity.encoder.name)
                made = replace(pointer, next=version) if pointer else Pointer(version)
                made.write(self._folder / name, self._shards)
                undo.pop_all()
        except OSError as error:
            raise StoreError(
                f"collection {name!r} cannot be made in {self._folder}: {error}",
                expected="a folder that this user may write, and room on its disk",
            ) from error
        seal, copy_of = Seal(path, name), copied_from(record)
        return Holding(self._place(name), spec, identity, shard, seal, lock, copy_of)

    def _loaded(self, name: str) -> Holding:
        with ExitStack() as undo:
            lock = self._lock(name, next_version=name == self._next_of)
            undo.callback(lock.release)
            path = self._follow(name)
            seal = Seal(path, name)
            seal.check_lengths()
            shard = Shard.load(path, name)
            undo.callback(shard.close)
            seal.check(shard.total())
            record = _signature(shard, name)
            identity, spec = from_record(record)
            copy_of = copied_from(record)
            undo.pop_all()
        return Holding(self._place(name), spec, identity, shard, seal, lock, copy_of)

    def _check_present(self, name: str) -> None:
        if not self.exists(name):
            raise missing(name, str(self._folder), self.collections())

    def _lock(self, name: str, *, next_version: bool = False) -> CollectionLock:
        file = f".{name}.next.lock" if next_version else f"{name}.lock"
        return CollectionLock(self._shards / file, name)

    def _pointer(self, name: str) -> Pointer:
        try:
            return Pointer.read(self._folder / name, name)
        except FileNotFoundError:  # removed between the look and the lock
            raise missing(name, str(self._folder), self.collections()) from None

    def _follow(self, name: str) -> Path:
        """The folder that the pointer names, once it is sure to be a shard of this store."""
        pointer = self._pointer(name)
        version = _there(pointer.next, name) if name == self._next_of else pointer.present
        path = self._shards / version.shard
        if path.resolve().parent != self._shards.resolve():
            raise astray(name, f"{path} leads out of the store")
        if not path.is_dir():
            raise astray(name, f"the shard {path} is missing")
        return path

    def _sweep(self, name: str, keep: Iterable[str]) -> None:
        """Remove shards of this name but for those to keep; the caller holds the lock."""
        stem = re.escape(name)
        own = re.compile(rf"({stem}-[0-9a-f]{{32}})(\.seal)?|\.{stem}\.[0-9a-f]{{32}}\.tmp")
        kept = set(keep)
        for entry in list(self._shards.iterdir()):
            match = own.fullmatch(entry.name)
            if match is None or match[1] in kept:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink(missing_ok=True)


def _there(version: Version | None, name: str) -> Version:
    if version is None:
        raise no_next(name)
    return version


def _sign(shard: Shard, spec: CollectionSpec, record: Mapping[str, Any]) -> None:
    import qdrant_edge

    point = to_edge(Point(IDENTITY_ID, record), spec)
    shard.update(qdrant_edge.UpdateOperation.upsert_points([point]))
    shard.run(lambda open_shard: open_shard.flush())


def _signature(shard: Shard, name: str) -> Mapping[str, Any]:
    records = shard.read(lambda open_shard: open_shard.retrieve([IDENTITY_ID], True, True))
    if not records:
        raise astray(name, "its identity is missing from its shard")
    if records[0].vector:  # a flag is lost, and searches would find it
        raise astray(name, "its identity has vectors that nobody gave it")
    return read_point(records[0], CollectionSpec(1)).payload
