"""One holder for each collection, across processes and within one.

The embedded engine guards its own log, but not every path into a shard and not with words. This
lock is taken first; the system drops it when its process ends, however it ends.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import IO

from cpt_rag.errors import StoreError, StoreLockedError
from cpt_rag.qdrant import files

# Two searches at the same instant should both be answered; an ingestion is not waited for.
PATIENCE = 3.0
"""Seconds to wait for a holder that may be done in a moment."""
PAUSE = 0.02

_HELD: set[CollectionLock] = set()


class CollectionLock:
    """An exclusive lock on ``path``; the holder's process id stands in the file beside it.

    The id has a file of its own because Windows lets nobody read a locked one.

    Args:
        path: the lock file, made where missing and never removed.
        collection: what the lock guards, for the message.

    Raises:
        StoreLockedError: somebody holds it and goes on to, naming the process.
        StoreError: the files cannot be written.
    """

    def __init__(self, path: Path, collection: str) -> None:
        self._owner = path.with_name(f"{path.name}.pid")
        self._file: IO[str] | None = _open(path, collection)
        deadline = time.monotonic() + PATIENCE
        while not _take(self._file):
            if time.monotonic() >= deadline:
                self._file.close()
                raise _held_by(self._owner, collection)
            time.sleep(PAUSE)
        _HELD.add(self)
        try:
            files.write_json(self._owner, os.getpid())
        except OSError as error:
            self.release()
            raise _unusable(collection, error) from error

    def release(self) -> None:
        """Let others in; does nothing the second time."""
        import portalocker

        if self._file is None:
            return
        self._owner.unlink(missing_ok=True)
        portalocker.unlock(self._file)
        self._forget()

    def _forget(self) -> None:
        _HELD.discard(self)
        if self._file is not None:
            self._file.close()
            self._file = None


def _take(file: IO[str]) -> bool:
    import portalocker

    try:
        portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
    except portalocker.LockException:
        return False
    return True


def _open(path: Path, collection: str) -> IO[str]:
    try:
        return path.open("a", encoding="utf-8")
    except OSError as error:
        raise _unusable(collection, error) from error


def _unusable(collection: str, error: OSError) -> StoreError:
    return StoreError(
        f"collection {collection!r} cannot be locked: {error}",
        expected="a store whose files this user may write, and room on its disk",
    )


def _held_by(owner: Path, collection: str) -> StoreLockedError:
    try:
        process = int(files.read_json(owner))
    except (OSError, ValueError, TypeError):
        holder = "another process"  # between its lock and its signature
    else:
        holder = "this very process" if process == os.getpid() else "another process"
        holder += f" (process id {process})"
    return StoreLockedError(
        f"collection {collection!r} is held by {holder}",
        expected="one holder at a time",
        remedy="close it there, or wait for that process to end, and try again",
    )


def _leave_to_parent() -> None:
    """In a forked child: drop inherited handles, so that only the parent's hold the locks."""
    for lock in list(_HELD):
        lock._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)
