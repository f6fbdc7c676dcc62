"""Functions called in a process of their own, whose death or silence is an answer too."""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HUNG = "hang"
LARGEST_FILE = 1 << 30


@dataclass(frozen=True, slots=True)
class Ended:
    """How the call ended: ``crash`` is empty, a signal's name, an exit status or ``HUNG``.

    ``answers`` are what it told before.
    """

    answers: tuple[str, ...]
    crash: str


def forked(call: Callable[[Callable[[str], None]], None], timeout: float, log: Path) -> Ended:
    """Run ``call`` with a function that takes its answers.

    This process must never have opened a shard: the engine's threads would not be in the fork.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _child(call, reading, writing, log)
    os.close(writing)
    told, in_time = _read(reading, time.monotonic() + timeout)
    if not in_time:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not in_time:
        return Ended(_answers(told), HUNG)
    if os.WIFSIGNALED(status):
        return Ended(_answers(told), signal.Signals(os.WTERMSIG(status)).name)
    code = os.WEXITSTATUS(status)
    return Ended(_answers(told), f"exit {code}" if code else "")


def _child(
    call: Callable[[Callable[[str], None]], None], reading: int, writing: int, log: Path
) -> None:
    code = 1
    try:
        os.close(reading)
        errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(errors, 2)
        # Some damage has the engine allocate whatever the disk has.
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
        call(lambda answer: _tell(writing, answer))
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


def _tell(writing: int, answer: str) -> None:
    os.write(writing, answer.encode() + b"\0")


def _answers(told: bytes) -> tuple[str, ...]:
    return tuple(part.decode() for part in told.split(b"\0")[:-1])


def _read(reading: int, deadline: float) -> tuple[bytes, bool]:
    told = b""
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while True:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return told, False
            part = pipe.read(1 << 16)
            if not part:
                return told, True
            told += part
