"""Ingestion and search at ten thousand, a hundred thousand and a million chunks of real code.

    python tests/benchmarks/scale.py FOLDER [--sizes 10000,100000,1000000] [--plot growth.png]

One new collection for each size, on the embedded engine, of as many files below FOLDER as it takes.
Times are of the wall clock, by stage (chunking and embedding summed over the processes at work).
Memory is anonymous (what cannot be read again from a file), the highest of samples taken twenty
times a second, of a process that does nothing but ingest and its workers: while files are ingested,
and apart while the index is built. Recall@10 is that of dense search against all vectors, for a
hundred stored ones. Latency is that of ranked search by docstrings, a query at a time, after a
warm-up. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cpt_rag
from cpt_rag.evaluate import mine_queries
from cpt_rag.integrity.deep import dense_recall
from cpt_rag.qdrant import Where
from cpt_rag.qdrant.edge import EdgeEngine

SUFFIXES = (
    *(".py", ".pyi", ".c", ".h", ".cc", ".cpp", ".hpp", ".go", ".rs", ".java", ".js", ".ts"),
    *(".rb", ".php", ".sh", ".lua", ".scala", ".kt", ".cs", ".md", ".rst"),
)
QUERIES, WARM_UP = 100, 20
BUILD = "--build"
CHUNKS = Where({"_cpt.kind": ["chunk"]})
MB = 1 << 20


class Memory:
    """Samples the anonymous memory of this process and its children; the peak of each phase."""

    def __init__(self) -> None:
        self.peaks: dict[str, float] = {}
        self.phase = "ingest"
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._done.wait(0.05):
            now = sum(map(_anonymous, _family()))
            self.peaks[self.phase] = max(self.peaks.get(self.phase, 0.0), now)


@contextmanager
def indexing(memory: Memory) -> Iterator[None]:
    """Have the time of building an index be a phase of its own."""
    whole = EdgeEngine._optimise

    def noted(engine: EdgeEngine) -> None:
        memory.phase = "index"
        try:
            whole(engine)
        finally:
            memory.phase = "ingest"

    EdgeEngine._optimise = noted  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        EdgeEngine._optimise = whole  # type: ignore[method-assign]


def _family() -> list[int]:
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    try:
        return [os.getpid(), *map(int, children.read_text().split())]
    except OSError:
        return [os.getpid()]


def _anonymous(process: int) -> float:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:  # ended meanwhile
        return 0.0
    found = re.search(r"^RssAnon:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def sources(folder: Path) -> list[Path]:
    """Source files, in an order that mixes folders."""
    found = sorted(p for p in folder.rglob("*") if p.suffix in SUFFIXES and p.is_file())
    random.Random(0).shuffle(found)
    return found


def link(files: list[Path], folder: Path, tree: Path) -> None:
    """A tree of these files; links cost no space."""
    for path in files:
        target = tree / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, target)
        except OSError:
            shutil.copyfile(path, target)


def questions(files: list[Path]) -> list[str]:
    """Docstrings of some of the files."""
    texts = {str(p): p.read_text("utf-8", "replace") for p in files if p.suffix == ".py"}
    asked = [query.query for query in mine_queries(dict(list(texts.items())[:4000]))]
    return random.Random(0).sample(asked, min(QUERIES, len(asked)))


def latency(collection: cpt_rag.Collection, asked: list[str]) -> dict[str, float]:
    """Milliseconds of one query, after a warm-up."""
    taken = []
    for query in [*asked[:WARM_UP], *asked]:
        started = time.perf_counter()
        cpt_rag.search(query, collection=collection)
        taken.append(1000 * (time.perf_counter() - started))
    taken = taken[WARM_UP:]
    return {
        "p50_ms": round(statistics.median(taken), 2),
        "p95_ms": round(statistics.quantiles(taken, n=20)[-1], 2),
    }


def build(tree: Path, store: Path) -> dict[str, Any]:
    """Ingest ``tree``, and tell what it took."""
    with Memory() as memory, indexing(memory):
        report = cpt_rag.ingest(tree, collection="grown", store=store)
    return {
        "files": report.indexed,
        "seconds": round(report.seconds, 1),
        "stages": {name: round(seconds, 1) for name, seconds in report.stages.items()},
        "anonymous_mb": {name: round(peak) for name, peak in memory.peaks.items()},
    }


def measure(folder: Path, files: list[Path], size: int, scratch: Path) -> dict[str, Any]:
    """Build one collection of about ``size`` chunks, in a process of its own, and ask it."""
    tree, store = scratch / f"tree{size}", scratch / f"store{size}"
    link(files, folder, tree)
    own = [sys.executable, __file__, BUILD, str(tree), str(store)]
    built = subprocess.run(own, check=True, stdout=subprocess.PIPE, text=True)
    with cpt_rag.open_collection("grown", store) as collection:
        row: dict[str, Any] = {
            "chunks": collection.engine.count(CHUNKS),
            **json.loads(built.stdout),
            "disk_mb": round(sum(_size(p) for p in store.rglob("*")) / MB),
            "recall@10": round(dense_recall(collection.engine).share, 4),
            **latency(collection, questions(files)),
        }
    shutil.rmtree(tree)
    shutil.rmtree(store)
    return row


def _size(path: Path) -> int:
    """Bytes that a file takes on the disk; the engine's are partly holes."""
    found = path.lstat()
    return getattr(found, "st_blocks", found.st_size // 512) * 512 if path.is_file() else 0


def enough(files: list[Path], sizes: list[int], scratch: Path, folder: Path) -> float:
    """Files for each chunk, told from a thousand of them."""
    sample = files[:1000]
    link(sample, folder, scratch / "sample")
    report = cpt_rag.ingest(scratch / "sample", collection="s", store=scratch / "sample-store")
    shutil.rmtree(scratch / "sample")
    shutil.rmtree(scratch / "sample-store")
    each = len(sample) / report.chunks
    if max(sizes) * each > len(files):
        sys.exit(f"{folder} has source for about {len(files) / each:,.0f} chunks only")
    return each


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    """Growth of what it costs, both axes logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    chunks = [row["chunks"] for row in rows]
    curves = {
        "build, s": [row["seconds"] for row in rows],
        "anonymous memory of ingestion, MB": [row["anonymous_mb"]["ingest"] for row in rows],
        "disk, MB": [row["disk_mb"] for row in rows],
        "query p50, ms": [row["p50_ms"] for row in rows],
    }
    figure, axes = plt.subplots(figsize=(7, 4.5))
    for name, values in curves.items():
        axes.loglog(chunks, values, marker="o", label=name)
    axes.set_xlabel("chunks")
    axes.legend()
    axes.grid(alpha=0.3, which="both")
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure every size and print the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    folder, sizes = arguments.folder.resolve(), [int(s) for s in arguments.sizes.split(",")]
    files = sources(folder)
    rows = []
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        scratch = Path(made)
        each = enough(files, sizes, scratch, folder)
        for size in sizes:
            rows.append(measure(folder, files[: int(size * each)], size, scratch))
            sys.stdout.write(json.dumps(rows[-1]) + "\n")
            sys.stdout.flush()
    if arguments.plot:
        plot(rows, arguments.plot)


if __name__ == "__main__":
    if sys.argv[1:2] == [BUILD]:
        sys.stdout.write(json.dumps(build(*map(Path, sys.argv[2:]))))
    else:
        main()
