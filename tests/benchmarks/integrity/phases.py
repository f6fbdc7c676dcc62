"""Where a process is just then, told through a file that outlives it."""

from __future__ import annotations

import mmap
from pathlib import Path

PHASES = ("start", "walk", "embed", "upsert", "optimise", "close", "end")


class Phase:
    """One byte at ``path``, seen at once by whoever has it open.

    The phases are those of the main thread: it embeds, or waits for what workers embed.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(b"\0")
        with path.open("r+b") as file:
            self._byte = mmap.mmap(file.fileno(), 1)

    @property
    def now(self) -> str:
        """The phase."""
        return PHASES[self._byte[0]]

    @now.setter
    def now(self, phase: str) -> None:
        self._byte[0] = PHASES.index(phase)
