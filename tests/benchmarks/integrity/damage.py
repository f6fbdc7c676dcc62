"""One damage to one file of a store."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FLIPS = 3
BLOCK = 1 << 12
_RANDOM_NAME = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|docs-[0-9a-f]{32}|[0-9a-z]{24}-|-\d+$")


@dataclass(frozen=True, slots=True)
class Damage:
    """``what`` happens to the file at ``path``, relative to the store.

    ``what`` is "half", "empty", "deleted" or "flip"; ``seed`` decides which byte is flipped.
    """

    path: str
    what: str
    seed: int = 0

    @property
    def kind(self) -> str:
        """The kind of file, without the names that differ from store to store."""
        shown = _RANDOM_NAME.sub("", self.path.removeprefix(".shards/"))
        parts = [part for part in shown.split("/") if part]
        if "payload_index" in parts:  # one for each field
            return f"payload_index/{parts[-1]}"
        return "/".join(part for part in parts if part != "segments") or "pointer"

    def do(self, store: Path) -> None:
        """Damage the file."""
        path = store / self.path
        if self.what == "deleted":
            path.unlink()
        elif self.what == "flip":
            _flip(path, random.Random(f"{self.path} {self.seed}"))
        else:
            os.truncate(path, path.stat().st_size // 2 if self.what == "half" else 0)


def damages(store: Path, seed: int) -> Iterator[Damage]:
    """Every damage to every file below ``store`` that holds anything."""
    for path in sorted(path for path in store.rglob("*") if path.is_file()):
        if path.stat().st_size == 0:
            continue
        name = path.relative_to(store).as_posix()
        for what in ("half", "empty", "deleted"):
            yield Damage(name, what)
        for flip in range(FLIPS):
            yield Damage(name, "flip", seed * FLIPS + flip)


def _flip(path: Path, random_numbers: random.Random) -> None:
    """Change one bit of a byte in a part of the file that is used, if any is."""
    content = path.read_bytes()
    blocks = range(0, len(content), BLOCK)
    used = [start for start in blocks if any(content[start : start + BLOCK])] or list(blocks)
    start = random_numbers.choice(used)
    block = content[start : start + BLOCK]
    # Most of a page is often empty behind its last entry.
    end = len(block.rstrip(b"\0")) or len(block)
    place = start + random_numbers.randrange(end)
    with path.open("r+b") as file:
        file.seek(place)
        file.write(bytes([content[place] ^ 1 << random_numbers.randrange(8)]))
