"""Small files that are whole or absent, whatever instant the process or the machine dies."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import Any


def write_json(path: Path, value: Any, scratch: Path | None = None) -> None:
    """Put ``value`` at ``path`` in one step: readers see the old file or the new, never a half.

    ``scratch`` is a folder on the same file system for the file in the making; by default the one
    that ``path`` lies in.
    """
    making = (scratch or path.parent) / f".{path.name}.{uuid.uuid4().hex}.tmp"
    try:
        with making.open("w", encoding="utf-8") as file:
            json.dump(value, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(making, path)
    finally:
        making.unlink(missing_ok=True)
    sync_folder(path.parent)


def read_json(path: Path) -> Any:
    """The value that ``write_json`` put there.

    Raises:
        ValueError: the file holds no JSON.
        OSError: it cannot be read.
    """
    return json.loads(path.read_bytes())


def remove(path: Path) -> None:
    """Remove a file if it is there, and have the removal outlast a power cut."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the folder's entries written down, where the system lets a folder be opened."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
