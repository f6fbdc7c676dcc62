"""Whether the disk has room, asked before the engine is given anything to write.

The engine writes through mapped memory: where the disk is full, the system kills the process.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from cpt_rag.errors import StoreError

RESERVE = 32 * 2**20
"""Bytes that stay free: new segments and the log take theirs ahead of what is written to them."""


def check(folder: Path, collection: str, needed: int = 0) -> None:
    """Hold the disk of ``folder`` to ``needed`` bytes, and to the reserve.

    Raises:
        StoreError: it has less.
    """
    needed = max(needed, RESERVE)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StoreError(
            f"collection {collection!r}: {_mib(free)} MiB are free on the disk of {folder}",
            expected=f"{_mib(needed)} MiB",
            remedy="make room and run the same command again: it goes on where this one stopped",
        )


def taken(folder: Path) -> int:
    """Bytes on the disk of everything below ``folder``."""
    found = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum(512 * getattr(each, "st_blocks", each.st_size // 512) for each in found)


def _mib(size: int) -> int:
    return size >> 20
