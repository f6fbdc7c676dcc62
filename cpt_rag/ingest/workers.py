"""Preparing files on every core, in order, with no more under way than is soon written."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import TypeVar

from cpt_rag.encoders import StaticEncoder
from cpt_rag.encoders.cores import cores as _cores
from cpt_rag.errors import CptRagError
from cpt_rag.ingest.prepare import Batch, Task, prepare
from cpt_rag.types import Encoder

MOST_WORKERS = 8
# Preparing this much takes a worker about as long as it takes to start.
START_BYTES = 2 << 20
# Groups for each worker that are under way, or prepared and not yet taken.
AHEAD = 2

_BOOT = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from cpt_rag.ingest.worker import main; main()"
)

Mark = TypeVar("Mark")


class Workers:
    """Processes that prepare files beside this one; also a context manager.

    They start once there is work enough for them, and only for an encoder that loads in a moment: a
    transformer uses all cores by itself. One core is this process's own, which writes and indexes.

    Args:
        encoder: what embeds.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._count = min(MOST_WORKERS, _cores() - 1) if _can_start(encoder) else 0
        self._threads: ThreadPoolExecutor | None = None
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        self._started: list[_Worker] = []

    def prepare(
        self, groups: Iterable[tuple[Mark, list[Task]]], expected_bytes: int
    ) -> Iterator[tuple[Mark, Batch]]:
        """Batches in the order of their groups, each with what its group was marked with.

        Args:
            groups: tasks that go to one worker together; taken as they are needed.
            expected_bytes: of all of them, about; decides whether workers are worth their start.
        """
        if self._count < 1 or expected_bytes < START_BYTES:
            for mark, tasks in groups:
                yield mark, prepare(tasks, self._encoder)
            return
        under_way: deque[tuple[Mark, Future[Batch]]] = deque()
        for mark, tasks in groups:
            # A clone's groups are often empty: all of it is in the store already.
            under_way.append(
                (mark, self._start().submit(self._ask, tasks) if tasks else _nothing())
            )
            if len(under_way) >= AHEAD * self._count:
                first, batch = under_way.popleft()
                yield first, batch.result()
        while under_way:
            first, batch = under_way.popleft()
            yield first, batch.result()

    def close(self) -> None:
        """End the processes, whatever they are at."""
        for worker in self._started:
            worker.stop()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _start(self) -> ThreadPoolExecutor:
        if self._threads is None:
            for _ in range(self._count):
                worker = _Worker(self._encoder.fingerprint.name)
                self._started.append(worker)
                self._idle.put(worker)
            self._threads = ThreadPoolExecutor(self._count)
        return self._threads

    def _ask(self, tasks: list[Task]) -> Batch:
        worker = self._idle.get()
        try:
            return worker.ask(tasks)
        finally:
            self._idle.put(worker)


class _Worker:
    """One process, for one thread at a time."""

    def __init__(self, encoder: str) -> None:
        with _interrupts_held():
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
                [sys.executable, "-c", _BOOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        self._send(sys.path)
        self._send(encoder)

    def ask(self, tasks: list[Task]) -> Batch:
        self._send(tasks)
        assert self._process.stdout is not None
        try:
            batch: Batch = pickle.load(self._process.stdout)  # noqa: S301 - our own process wrote it
        except (EOFError, pickle.UnpicklingError) as error:
            raise self._lost() from error
        return batch

    def stop(self) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._process.wait()

    def _send(self, value: object) -> None:
        assert self._process.stdin is not None
        try:
            pickle.dump(value, self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
        except OSError as error:
            raise self._lost() from error

    def _lost(self) -> CptRagError:
        return CptRagError(
            f"a worker process ended with status {self._process.wait()}; above is what it said",
            expected="workers that live as long as the ingestion",
            remedy="run the same command again: it goes on where this one stopped",
        )


def _nothing() -> Future[Batch]:
    done: Future[Batch] = Future()
    done.set_result(Batch())
    return done


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """A process started meanwhile never sees Ctrl-C, not even while it starts: its parent does."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _can_start(encoder: Encoder) -> bool:
    return isinstance(encoder, StaticEncoder) and bool(sys.executable) and not _is_frozen()


def _is_frozen() -> bool:
    """Whether this interpreter is a program of its own, which takes no ``-c``."""
    return getattr(sys, "frozen", False)
