"""A folder of collections, each one qdrant-edge shard.

::

    STORE/docs                      pointer: names the shard's folder; replaced by atomic rename
    STORE/.shards/docs-<hex>/       the shard; its identity is a point without vectors
    STORE/.shards/docs-<hex>.seal   its points and files when last closed in order
    STORE/.shards/docs.lock         held while the collection is open, made, or removed
    STORE/.shards/docs.lock.pid     who holds it

A collection exists from the instant its pointer does: the pointer is written last and removed
first. A shard that no pointer names is left from a kill, and goes with the next create or delete
of that name.
"""

from __future__ import annotations

import re
import shutil
import uuid
from contextlib import ExitStack
from pathlib import Path

from cpt_rag.errors import StoreCorruptError, StoreError
from cpt_rag.qdrant import files, room
from cpt_rag.qdrant.edge import EdgeEngine, to_edge
from cpt_rag.qdrant.edge_shard import Shard
from cpt_rag.qdrant.gated import read_point
from cpt_rag.qdrant.holding import Holding, hold
from cpt_rag.qdrant.identity import IDENTITY_ID, Identity, from_record, to_record
from cpt_rag.qdrant.lock import CollectionLock
from cpt_rag.qdrant.remedy import make_again
from cpt_rag.qdrant.seal import Seal
from cpt_rag.qdrant.spec import CollectionSpec
from cpt_rag.qdrant.store import (
    SHARDS,
    Store,
    check_name,
    check_new,
    is_store_file,
    missing,
    taken,
)
from cpt_rag.types import Point

_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*-[0-9a-f]{32}")


class EdgeStore(Store):
    """The store in ``folder``, which the first create makes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards = folder / SHARDS

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
        return name in self.collections()

    def create(self, name: str, spec: CollectionSpec, identity: Identity) -> EdgeEngine:
        """See ``Store.create``."""
        check_new(name, spec, identity)
        if self.exists(name):
            raise taken(name, str(self._folder))
        return EdgeEngine(hold(self._place(name), lambda: self._made(name, spec, identity)))

    def open(self, name: str) -> tuple[EdgeEngine, Identity]:
        """See ``Store.open``."""
        self._check_present(name)
        holding = hold(self._place(name), lambda: self._loaded(name))
        return EdgeEngine(holding), holding.identity

    def _place(self, name: str) -> tuple[Path, str]:
        return self._folder.resolve(), name

    def _made(self, name: str, spec: CollectionSpec, identity: Identity) -> Holding:
        try:
            self._shards.mkdir(parents=True, exist_ok=True)
            room.check(self._shards, name)
            with ExitStack() as undo:
                lock = self._lock(name)
                undo.callback(lock.release)
                if (self._folder / name).exists():
                    raise taken(name, str(self._folder))
                self._sweep(name)
                path = self._shards / f"{name}-{uuid.uuid4().hex}"
                shard = Shard.create(path, spec, name)
                undo.callback(shard.close)
                _sign(shard, spec, identity)
                files.sync_folder(self._shards)
                files.write_json(self._folder / name, {"shard": path.name}, scratch=self._shards)
                undo.pop_all()
        except OSError as error:
            raise StoreError(
                f"collection {name!r} cannot be made in {self._folder}: {error}",
                expected="a folder that this user may write, and room on its disk",
            ) from error
        return Holding(self._place(name), spec, identity, shard, Seal(path, name), lock)

    def _loaded(self, name: str) -> Holding:
        with ExitStack() as undo:
            lock = self._lock(name)
            undo.callback(lock.release)
            path = self._follow(name)
            seal = Seal(path, name)
            seal.check_lengths()
            shard = Shard.load(path, name)
            undo.callback(shard.close)
            seal.check(shard.total())
            identity, spec = _signature(shard, name)
            undo.pop_all()
        return Holding(self._place(name), spec, identity, shard, seal, lock)

    def delete(self, name: str) -> None:
        """See ``Store.delete``."""
        self._check_present(name)
        lock = self._lock(name)
        try:
            files.remove(self._folder / name)
            self._sweep(name)
        finally:
            lock.release()

    def _check_present(self, name: str) -> None:
        if not self.exists(name):
            raise missing(name, str(self._folder), self.collections())

    def _lock(self, name: str) -> CollectionLock:
        return CollectionLock(self._shards / f"{name}.lock", name)

    def _follow(self, name: str) -> Path:
        """The folder that the pointer names, once it is sure to be a shard of this store."""
        try:
            pointer = files.read_json(self._folder / name)
        except FileNotFoundError:  # removed between the look and the lock
            raise missing(name, str(self._folder), self.collections()) from None
        except (OSError, ValueError) as error:
            raise _corrupt(name, f"the pointer {self._folder / name} cannot be read") from error
        folder = pointer.get("shard") if isinstance(pointer, dict) else None
        if not isinstance(folder, str) or _FOLDER.fullmatch(folder) is None:
            raise _corrupt(name, f"the pointer {self._folder / name} names {folder!r}")
        path = self._shards / folder
        if path.resolve().parent != self._shards.resolve():
            raise _corrupt(name, f"{path} leads out of the store")
        if not path.is_dir():
            raise _corrupt(name, f"the shard {path} is missing")
        return path

    def _sweep(self, name: str) -> None:
        """Remove shards of this name, none of which a pointer names; the caller holds the lock."""
        stem = re.escape(name)
        own = re.compile(rf"{stem}-[0-9a-f]{{32}}(\.seal)?|\.{stem}\.[0-9a-f]{{32}}\.tmp")
        for entry in list(self._shards.iterdir()):
            if own.fullmatch(entry.name) is None:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink(missing_ok=True)


def _sign(shard: Shard, spec: CollectionSpec, identity: Identity) -> None:
    import qdrant_edge

    point = Point(IDENTITY_ID, to_record(identity, spec))
    shard.update(qdrant_edge.UpdateOperation.upsert_points([to_edge(point, spec)]))
    shard.run(lambda open_shard: open_shard.flush())


def _signature(shard: Shard, name: str) -> tuple[Identity, CollectionSpec]:
    records = shard.read(lambda open_shard: open_shard.retrieve([IDENTITY_ID], True, True))
    if not records:
        raise _corrupt(name, "its identity is missing from its shard")
    if records[0].vector:  # a flag is lost, and searches would find it
        raise _corrupt(name, "its identity has vectors that nobody gave it")
    return from_record(read_point(records[0], CollectionSpec(1)).payload)


def _corrupt(name: str, found: str) -> StoreCorruptError:
    return StoreCorruptError(
        f"collection {name!r}: {found}",
        expected="a pointer to a whole shard of this store",
        remedy=make_again(name),
    )
