"""Start a command and kill it at an instant within a phase."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.integrity.phases import PHASES, Phase

MARKED = Path(__file__).with_name("marked.py")
AIMED_AT = PHASES[:-1]
# How long a phase lasts, at first; then as it was met.
SPREAD_S = (0.3, 0.01, 0.5, 0.01, 0.05, 0.005)
PAUSE_S = 0.0002
FAREWELL_S = 20.0


class Hunter:
    """Kills commands in each phase in turn, at random instants within it.

    Args:
        scratch: a folder for the phase and what commands print.
        random_numbers: what decides on the instant.
    """

    def __init__(self, scratch: Path, random_numbers: random.Random) -> None:
        self._mark = scratch / "phase"
        self._log = scratch / "log"
        self._random = random_numbers
        self._spread_s = dict(zip(AIMED_AT, SPREAD_S, strict=True))

    def spare(self, *command: str, workers: bool = False) -> None:
        """Run a command to its end, which must be a good one."""
        process = self._start(workers, command)
        if process.wait() != 0:
            raise RuntimeError(f"{command}: {self._log.read_text(errors='replace')}")

    def kill(self, *command: str, aim: str, workers: bool, only_parent: bool) -> str:
        """Run a command and kill it; its group, or just the parent of its workers.

        Returns:
            The phase it was killed in; none where it came to its end before.

        Raises:
            RuntimeError: it failed by itself, or left a process behind.
        """
        self._mark.unlink(missing_ok=True)
        phase = Phase(self._mark)
        process = self._start(workers, command)
        reached = PHASES.index(aim)
        # Not always the first time that it is there: a long run writes often.
        time.sleep(self._random.choice([0.0, self._random.random() * self._spread_s["embed"]]))
        while process.poll() is None and PHASES.index(phase.now) < reached:
            time.sleep(PAUSE_S)
        time.sleep(self._random.random() * self._spread_s[aim])
        if process.poll() is None:
            (os.kill if only_parent else os.killpg)(process.pid, signal.SIGKILL)
        status, hit = process.wait(), phase.now
        self._outlived(process.pid)
        self._spread_s[aim] *= 1.1 if status and hit == aim else 0.8
        if status == -signal.SIGKILL:
            return hit
        if status != 0:
            raise RuntimeError(f"{command}: {self._log.read_text(errors='replace')}")
        return ""

    def _start(self, workers: bool, command: tuple[str, ...]) -> subprocess.Popen[bytes]:
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, MARKED, self._mark, "workers" if workers else "alone", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _outlived(self, group: int) -> None:
        """Wait for the last process of a group."""
        deadline = time.monotonic() + FAREWELL_S
        while time.monotonic() < deadline:
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                return
            time.sleep(PAUSE_S)
        os.killpg(group, signal.SIGKILL)
        raise RuntimeError(f"processes of group {group} outlived their parent")
