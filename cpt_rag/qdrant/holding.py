"""An open shard, shared by every handle on its collection in this process.

Between processes a collection in a folder has one holder. Within one, a retriever, a vector store
and an ingestion commonly meet in the same script: they share one shard, and it closes with the last
of them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cpt_rag.qdrant import room
from cpt_rag.qdrant.edge_shard import Shard
from cpt_rag.qdrant.identity import Identity
from cpt_rag.qdrant.lock import CollectionLock
from cpt_rag.qdrant.seal import Seal
from cpt_rag.qdrant.spec import CollectionSpec


@dataclass(eq=False, slots=True)
class Holding:
    """One collection's shard, and what goes with it.

    Args:
        place: the store's folder, resolved, and the collection's name.
        spec: the collection's shape.
        identity: what made it.
        shard: open; closed with the last handle.
        seal: lifted before the first write, put back on a clean close.
        lock: held until then.
        copy_of: what it is an unfinished copy of, if it is.
        values: what fields are known to hold, until the next write.
    """

    place: tuple[Path, str]
    spec: CollectionSpec
    identity: Identity
    shard: Shard
    seal: Seal
    lock: CollectionLock
    copy_of: str = ""
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    handles: int = 0

    def write(self, action: Callable[[], None], needed: int = 0) -> None:
        """Do what changes the shard, the seal off, where there is room for it.

        Raises:
            StoreError: the disk has less than ``needed`` bytes, or too little for anything.
        """
        if not self.shard.foreign:
            room.check(self.place[0], self.place[1], needed)
        self.values.clear()
        self.shard.run(lambda _: self.seal.lift())
        action()

    def leave(self) -> None:
        """Take one handle away; the last one closes the shard, sealed if nothing speaks against it.

        A forked child leaves everything to its parent.
        """
        if self.shard.foreign:
            return
        with _GUARD:
            self.handles -= 1
            if self.handles:
                return
            if _OPEN.get(self.place) is self:
                del _OPEN[self.place]
            self._close()

    def _close(self) -> None:
        try:
            if self.seal.whole:  # nothing was written
                self.shard.release()
            elif not self.shard.sound:  # nothing to vouch for
                self.shard.close()
            else:
                self.shard.run(lambda shard: shard.flush())
                points = self.shard.total()
                self.shard.close()
                self.seal.put(points)
        finally:
            self.lock.release()


def hold(place: tuple[Path, str], load: Callable[[], Holding]) -> Holding:
    """The holding at ``place`` with one more handle on it: the open one, or what ``load`` opens.

    One whose engine broke is not handed on; ``load`` then finds it locked until its handles close.
    """
    with _GUARD:
        holding = _OPEN.get(place)
        if holding is None or not holding.shard.sound:
            holding = load()
            _OPEN[place] = holding
        holding.handles += 1
        return holding


_OPEN: dict[tuple[Path, str], Holding] = {}
_GUARD = threading.RLock()


def _leave_to_parent() -> None:
    """In a forked child: what was open is the parent's, and a thread may have held the guard."""
    global _GUARD  # noqa: PLW0603
    _GUARD = threading.RLock()
    _OPEN.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)
