"""A shard's files as they were when it was closed in order: their sizes, and what is in some.

The engine reads damaged files without complaint. What the points' own digests and the counts of
filters do not show is damage to the indexes of vectors in segments that the engine has finished:
these are held to checksums. Other files it may tidy up when it loads them, in finished segments
too: it brings versions level with its log. Those are held to their sizes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

PART = 1 << 20
LENGTHS = "status.dat"
"""Files of a few bytes by which the engine allocates: a wrong one can fill the disk at a load."""
_WRITTEN_TO = "mutable_id_tracker.mappings"
"""The file by which a segment that takes points is known."""
_TOUCHED_BY_LOADING = frozenset(
    ["tracker_journal.dat", _WRITTEN_TO, "mutable_id_tracker.versions", "id_tracker.versions"]
)
_NEVER_TOUCHED = "vector_index-"
"""How the folders are called in which the engine lays down the graph and the sparse index."""

Inventory = dict[str, tuple[int, int | None]]
"""Size in bytes and CRC-32, where there is one, by path relative to the shard."""


def take(shard: Path) -> Inventory:
    """The inventory of the shard, which must be closed.

    Raises:
        OSError: a file cannot be read.
    """
    found: Inventory = {}
    unfinished = written_to(shard)
    for segment in _segments(shard):
        for path in sorted(segment.rglob("*")):
            if path.is_file() and path.name not in _TOUCHED_BY_LOADING:
                index = path.relative_to(segment).parts[0].startswith(_NEVER_TOUCHED)
                kept = (index and segment not in unfinished) or path.name == LENGTHS
                checksum = _checksum(path) if kept else None
                found[path.relative_to(shard).as_posix()] = (path.stat().st_size, checksum)
    return found


def different(shard: Path, recorded: Mapping[str, tuple[int, int | None]]) -> Iterator[str]:
    """Paths of files that are not as they were recorded."""
    for name, (size, checksum) in recorded.items():
        path = shard / name
        try:
            same = path.stat().st_size == size
            same = same and (checksum is None or checksum == _checksum(path))
        except OSError:
            same = False
        if not same:
            yield name


def written_to(shard: Path) -> list[Path]:
    """Folders of the segments that take points."""
    return [segment for segment in _segments(shard) if (segment / _WRITTEN_TO).exists()]


def _segments(shard: Path) -> list[Path]:
    return [path for path in shard.glob("segments/*") if path.is_dir()]


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb", buffering=0) as file:
        while part := file.read(PART):
            checksum = zlib.crc32(part, checksum)
    return checksum
