"""One system on one repository, in a process of its own."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec, TypeVar

from tests.benchmarks.code_search.sets import Repository
from tests.benchmarks.code_search.systems import SYSTEMS, System

_WARM_UP = "def add(left: int, right: int) -> int:\n    return left + right\n"

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True)
class Run:
    """What a system did with a repository.

    ``paths`` are the hits of each query, best first; ``index_s`` has one entry for each time it
    was indexed, by the clock, and ``index_cpu_s`` by the processor; ``query_ms`` has one for each
    query and repetition; ``start_s`` is the time of imports, of loading the model and of a first
    file and query, which none of the others holds.
    """

    start_s: float
    peak_mb: float = 0.0
    index_s: list[float] = field(default_factory=list)
    index_cpu_s: list[float] = field(default_factory=list)
    query_ms: list[float] = field(default_factory=list)
    paths: list[list[str]] = field(default_factory=list)


def in_process(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What ``work`` returns or raises, from a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(work, *args, **kwargs).result()


def measure(name: str, repository: Repository, prepared: Path, repeats: int) -> Run:
    """Index the repository and ask its queries, ``repeats`` times each."""
    with TemporaryDirectory() as scratch:
        started = time.perf_counter()
        system = _warm_system(name, prepared, Path(scratch))
        run = Run(time.perf_counter() - started)
        for turn in range(repeats):
            if turn:
                system.close()
            started, before = time.perf_counter(), time.process_time()
            system.index(repository.folder, Path(scratch) / f"index{turn}")
            run.index_s.append(time.perf_counter() - started)
            run.index_cpu_s.append(time.process_time() - before)
        texts = [query.text for query in repository.queries]
        run.paths = [system.search(text, repository.hits) for text in texts]
        for _ in range(repeats):
            for text in texts:
                started = time.perf_counter()
                system.search(text, repository.hits)
                run.query_ms.append((time.perf_counter() - started) * 1e3)
        system.close()
    run.peak_mb = _peak_mb()
    return run


def _warm_system(name: str, prepared: Path, scratch: Path) -> System:
    system = SYSTEMS[name].make(prepared)
    folder = scratch / "warm-up"
    folder.mkdir()
    (folder / "add.py").write_text(_WARM_UP, encoding="utf-8")
    system.index(folder, scratch / "warm-up-index")
    system.search("add two numbers", 10)
    system.close()
    return system


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.is_file():  # ru_maxrss of a child counts the parent's memory at its start
        (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE)
        return int(peak) / 1024
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1 << 20 if sys.platform == "darwin" else 1024)
