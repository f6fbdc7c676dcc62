"""A handle on one qdrant-edge shard that refuses where the engine itself would hang or lie."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cpt_rag.errors import StoreCorruptError, StoreError, StoreLockedError
from cpt_rag.qdrant.remedy import make_again
from cpt_rag.qdrant.scale import QUANTILE, Quantisation
from cpt_rag.qdrant.spec import CollectionSpec

if TYPE_CHECKING:
    import qdrant_edge

T = TypeVar("T")

FULL_SCAN_KB = 10_000
"""Up to this many KB of vectors a filtered query reads them all, which is exact."""
INDEXING_KB = 10_000
"""From this many KB of vectors on, ``optimise`` builds a graph; below, search is exact."""

MOST_SEGMENT_VECTORS = 120_000
"""Merging builds a graph anew, so that longer segments would be built again and again."""


class Shard:
    """One shard in this process: every call on it goes through ``run``.

    A panic in the engine is a ``BaseException`` after which its state is unknown: the handle is
    then poisoned. In a forked child the engine's threads are gone and a call would wait for ever:
    the handle serves only the process that opened it.
    """

    def __init__(self, shard: qdrant_edge.EdgeShard, collection: str) -> None:
        self._shard: qdrant_edge.EdgeShard | None = shard
        self._collection = collection
        self._process = os.getpid()
        self._poison = ""

    @classmethod
    def create(cls, path: Path, spec: CollectionSpec, collection: str) -> Shard:
        """A new shard with its payload indexes.

        Raises:
            StoreError: the folder cannot be written, or holds a shard.
        """
        import qdrant_edge

        made = _guarded(lambda: qdrant_edge.EdgeShard.create(str(path), _config(spec)), collection)
        shard = cls(made, collection)
        for field in spec.keyword_fields:
            index = qdrant_edge.UpdateOperation.create_field_index(field, _keyword(spec))
            shard.update(index)
        return shard

    @classmethod
    def load(cls, path: Path, collection: str) -> Shard:
        """The shard that lies at ``path``.

        Raises:
            StoreCorruptError: there is none that the engine can read.
            StoreLockedError: another process holds it.
        """
        import qdrant_edge

        try:
            return cls(
                _guarded(lambda: qdrant_edge.EdgeShard.load(str(path)), collection), collection
            )
        except StoreCorruptError:
            raise
        except StoreError as error:
            if "WouldBlock" in str(error.__cause__):
                raise StoreLockedError(
                    f"the shard of collection {collection!r} is held by another program, or by a"
                    " process that was forked while it was open",
                    expected="one holder at a time",
                    remedy="end that process and try again",
                ) from error
            raise corrupt(collection, str(error.__cause__)) from error

    def run(self, action: Callable[[qdrant_edge.EdgeShard], T]) -> T:
        """What ``action`` gives on the shard.

        Raises:
            StoreCorruptError: the engine broke, now or before.
            StoreError: the engine refused, or this process is a forked child.
        """
        if self.foreign:
            raise StoreError(
                f"collection {self._collection!r} was opened by process {self._process} and is"
                f" used in its forked child {os.getpid()}",
                expected="a handle opened by the process that uses it",
                remedy="open the collection after forking, or start workers with 'spawn'",
            )
        if self._poison:
            raise corrupt(self._collection, f"the engine broke before: {self._poison}")
        shard = self._shard
        if shard is None:
            raise StoreError(f"collection {self._collection!r} is closed", expected="an open one")
        try:
            return _guarded(lambda: action(shard), self._collection)
        except StoreCorruptError as error:
            self._poison = str(error.__cause__)
            raise

    def read(self, action: Callable[[qdrant_edge.EdgeShard], T]) -> T:
        """As ``run``, of what an undamaged shard never refuses.

        Raises:
            StoreCorruptError: the engine refused or broke.
            StoreError: this process is a forked child.
        """
        try:
            return self.run(action)
        except StoreError as error:
            if error.__cause__ is None or isinstance(error, StoreCorruptError):
                raise
            raise corrupt(self._collection, str(error.__cause__)) from error

    def update(self, operation: qdrant_edge.UpdateOperation) -> None:
        """Apply one write.

        Raises:
            StoreCorruptError, StoreError: as ``run``.
        """
        self.run(lambda shard: shard.update(operation))

    def total(self) -> int:
        """Points in the shard, its identity included."""
        import qdrant_edge

        return self.read(lambda shard: shard.count(qdrant_edge.CountRequest(exact=True)))

    @property
    def foreign(self) -> bool:
        """Whether this process inherited the handle through a fork."""
        return os.getpid() != self._process

    @property
    def sound(self) -> bool:
        """Whether the engine never broke under this handle."""
        return not self._poison

    def close(self) -> None:
        """Flush and release the shard; in a forked child it stays the parent's."""
        if self.foreign or self._shard is None:
            return
        try:
            _guarded(self._shard.close, self._collection)
        except StoreCorruptError:
            if self.sound:
                raise
        self._shard = None

    def release(self) -> None:
        """Let go of a shard that was only read; ``close`` would flush it, which takes long."""
        if not self.foreign:
            self._shard = None


def corrupt(collection: str, found: str) -> StoreCorruptError:
    """The error for a shard that is not what was written."""
    return StoreCorruptError(
        f"collection {collection!r} cannot be read: {found}",
        expected="a shard as the engine left it",
        remedy="close it and open it again; if that fails too, make it again: "
        f"{make_again(collection)}",
    )


def _guarded(action: Callable[[], T], collection: str) -> T:
    """Run ``action``, with the engine's errors and panics as ours."""
    try:
        return action()
    except Exception as error:
        if type(error) is not Exception:  # the engine raises the bare class; the rest are ours
            raise
        raise StoreError(
            f"the engine refused on collection {collection!r}: {error}",
            expected="room on the disk and an undamaged store",
            remedy="make room and run the same command again; if there was enough, make it again: "
            f"{make_again(collection)}",
        ) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise corrupt(collection, f"the engine broke: {error}") from error


def _config(spec: CollectionSpec) -> qdrant_edge.EdgeConfig:
    import qdrant_edge as qe

    # Cached is mapped from files and read ahead: as quick as memory of one's own, and the system
    # takes it back where others need it.
    cold, cached = qe.Memory.Cold, qe.Memory.Cached
    on_disk, hnsw = spec.on_disk, spec.hnsw
    indexes = cold if on_disk.indexes else cached
    dense = qe.EdgeVectorParams(
        spec.dimension, qe.Distance.Cosine, memory=cold if on_disk.vectors else cached
    )
    sparse = qe.EdgeSparseVectorParams(modifier=qe.Modifier.Idf, memory=indexes)
    return qe.EdgeConfig(
        vectors=dict.fromkeys(spec.dense_names, dense),
        sparse_vectors={spec.sparse: sparse},
        payload_memory=cold if on_disk.payload else cached,
        hnsw_config=qe.HnswIndexConfig(hnsw.m, hnsw.ef_construct, FULL_SCAN_KB, memory=indexes),
        quantization_config=_quantisation(spec.quantisation),
        optimizers=qe.EdgeOptimizersConfig(
            indexing_threshold=INDEXING_KB, max_segment_size=_segment_kb(spec)
        ),
        max_search_threads=1,  # handing parts of a query to a pool costs more than they take
        wal_enabled=True,  # without it a kill loses everything since the last flush
    )


def _segment_kb(spec: CollectionSpec) -> int:
    """KB of vectors of the longest segment that others are still merged into."""
    return MOST_SEGMENT_VECTORS * spec.dimension * 4 // 1024


def _quantisation(wanted: Quantisation | None) -> Any:
    import qdrant_edge as qe

    if wanted is None:
        return None
    memory = qe.Memory.Pinned if wanted.always_ram else qe.Memory.Cold
    if wanted.kind == "binary":
        return qe.BinaryQuantizationConfig(memory=memory)
    return qe.ScalarQuantizationConfig(qe.ScalarType.Int8, QUANTILE, memory=memory)


def _keyword(spec: CollectionSpec) -> Any:
    import qdrant_edge as qe

    memory = qe.Memory.Cold if spec.on_disk.indexes else qe.Memory.Cached
    return qe.KeywordIndexParams(memory=memory)
