"""Recall and latency of search as a collection of real code grows, filtered and not.

    python tests/benchmarks/filters.py FOLDER [--sizes 10000,50000,200000]

Files below FOLDER are ingested until the collection has each number of chunks; then docstrings of
those files ask. Recall@10 is the share of the ten nearest chunks, by all vectors that match the
filter, which the engine's dense search finds. Latency is that of the whole ranked search, in an
open collection, the median and the 95th percentile of one query at a time. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import cpt_rag
from cpt_rag.collection import Collection
from cpt_rag.evaluate import mine_queries
from cpt_rag.qdrant import METADATA, Where
from cpt_rag.types import Point

COLLECTION = "grown"
QUERIES = 100
WARM_UP = 10
TOP = 10
SKIPPED = {"__pycache__", "node_modules", ".git"}


def sources(folder: Path) -> Iterator[Path]:
    """Source files, in an order that mixes folders."""
    found = [
        path
        for pattern in ("*.py", "*.pyi", "*.h", "*.cpp", "*.c", "*.js", "*.md", "*.rst", "*.go")
        for path in sorted(folder.rglob(pattern))
        if not SKIPPED & {*path.parts} and path.stat().st_size < 200_000
    ]
    random.Random(0).shuffle(found)
    return iter(found)


def grow(files: Iterator[Path], folder: Path, tree: Path, store: Path, size: int) -> None:
    """Copy files and ingest them until the collection has ``size`` chunks."""
    chunks = 0
    while chunks < size:
        room = max(1, (size - chunks) // 20)
        batch = list(islice(files, room))
        if not batch:
            sys.exit(f"{folder} has source for {chunks:,} chunks only; expected {size:,}")
        for path in batch:
            target = tree / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        cpt_rag.ingest(tree, collection=COLLECTION, store=store)
        with cpt_rag.open_collection(COLLECTION, store) as opened:
            chunks = opened.engine.count(Where({"_cpt.kind": ["chunk"]}))


def questions(tree: Path) -> list[str]:
    """Docstrings of the files there, the same in every run."""
    texts = {}
    for path in sorted(tree.rglob("*.py"))[:3000]:
        texts[path.relative_to(tree).as_posix()] = path.read_text("utf-8", "replace")
    asked = [query.query for query in mine_queries(texts)]
    return random.Random(0).sample(asked, QUERIES)


def filters(points: list[Point]) -> dict[str, dict[str, str]]:
    """One for each share of the collection, from none to almost all of it left out."""
    folders: dict[str, int] = {}
    for point in points:
        top = point.payload[METADATA]["path"].split("/")[0]
        folders[top] = folders.get(top, 0) + 1
    by_size = sorted(folders, key=lambda name: folders[name])
    near = {share: min(by_size, key=lambda n: abs(folders[n] - share * len(points)))
            for share in (0.2, 0.02)}  # fmt: skip
    return {
        "none": {},
        "kind=method": {"kind": "method"},
        "language=python": {"language": "python"},
        "a folder of a fifth": {"path": f"/{near[0.2]}/"},
        "a folder of a fiftieth": {"path": f"/{near[0.02]}/"},
        "kind=class and a folder": {"kind": "class", "path": f"/{near[0.2]}/"},
    }


def recalls(
    collection: Collection, chosen: Mapping[str, dict[str, str]], points: list[Point],
    asked: NDArray[np.float32],
) -> dict[str, Any]:  # fmt: skip
    """Recall@10 of dense search under each filter, and the share of chunks that it keeps."""
    from cpt_rag.retrieve.filters import where

    vectors = np.stack([point.dense for point in points if point.dense is not None])
    places = {point.id: place for place, point in enumerate(points)}
    found: dict[str, Any] = {}
    for name, fields in chosen.items():
        among = where(fields, collection.engine)
        kept = np.zeros(len(points), dtype=bool)
        kept[[places[p.id] for p in collection.engine.scroll(among) if p.id in places]] = True
        similar = np.where(kept, asked @ vectors.T, -2.0)
        each = []
        for row, vector in zip(similar, asked, strict=True):
            hits = collection.engine.query(dense=vector, limit=TOP, where=among)
            # Of equal vectors any will do: what counts is how near the hits are.
            least = np.sort(row)[::-1][: min(TOP, int(kept.sum()))][-1]
            good = sum(row[places[hit.id]] >= least - 1e-5 for hit in hits)
            each.append(good / min(TOP, int(kept.sum())))
        found[name] = {"share": float(kept.mean()), "recall": statistics.mean(each)}
    return found


def latency(ask: Callable[[str], object], asked: list[str]) -> dict[str, float]:
    """Milliseconds of one query, after a warm-up."""
    for query in asked[:WARM_UP]:
        ask(query)
    taken = []
    for query in asked:
        started = time.perf_counter()
        ask(query)
        taken.append(1000 * (time.perf_counter() - started))
    return {"p50_ms": statistics.median(taken), "p95_ms": statistics.quantiles(taken, n=20)[-1]}


def measure(store: Path, tree: Path) -> dict[str, Any]:
    """Figures of the collection as it is."""
    with cpt_rag.open_collection(COLLECTION, store) as collection:
        chunks = collection.engine.scroll(Where({"_cpt.kind": ["chunk"]}), with_vectors=True)
        points = list(chunks)
        asked = questions(tree)
        chosen = filters(points)
        vectors = collection.encoder.encode_query(asked)
        result: dict[str, Any] = {"chunks": len(points)}
        result["recall@10"] = recalls(collection, chosen, points, vectors)
        del points
        result["search"] = {
            name: latency(partial(cpt_rag.search, collection=collection, filters=fields), asked)
            for name, fields in chosen.items()
        }
    return result


def main() -> None:
    """Grow and measure, size by size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="source code, of any number of projects")
    parser.add_argument("--sizes", default="10000,50000,200000")
    arguments = parser.parse_args()
    files = sources(arguments.folder.resolve())
    with tempfile.TemporaryDirectory() as temporary:
        tree, store = Path(temporary) / "tree", Path(temporary) / "store"
        tree.mkdir()
        for size in map(int, arguments.sizes.split(",")):
            grow(files, arguments.folder.resolve(), tree, store, size)
            sys.stdout.write(json.dumps(measure(store, tree)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
