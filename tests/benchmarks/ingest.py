"""Ingestion and search on Python's standard library, beside LangChain's usual path.

    make bench

Prints JSON: throughput by stage, peak memory, search latency warm and from a cold process, and the
ratio to ``langchain-qdrant`` with all-MiniLM-L6-v2 on a sample of the same files in the same run.
On a noisy machine trust the ratio, and the median over a single figure.
"""

from __future__ import annotations

import argparse
import ast
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cpt_rag

COLLECTION = "bench"
SAMPLE_FILES = 60
COLD_RUNS = 9
WARM_QUERIES = 300


def sources(folder: Path) -> list[Path]:
    """Python files of the standard library proper, in a fixed order."""
    skipped = {"site-packages", "test", "tests", "idle_test", "__pycache__"}
    return sorted(p for p in folder.rglob("*.py") if not skipped & set(p.parts))


def copy_sources(files: list[Path], root: Path, target: Path) -> Path:
    """A folder with just these files, so that both sides walk the same tree."""
    for path in files:
        copy = target / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return target


def in_process(work: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
    """Run ``work`` in a process of its own and add its peak memory in MB."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(send, work, *arguments))
    process.start()
    result: dict[str, Any] = receive.recv()
    process.join()
    return result


def _report(send: Connection, work: Callable[..., dict[str, Any]], *arguments: object) -> None:
    import resource

    result = work(*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result["peak_mb"] = round(peak / (1024 if sys.platform == "linux" else 1 << 20))
    send.send(result)


def ours(folder: Path, store: Path) -> dict[str, Any]:
    """Ingest ``folder`` as a user would."""
    report = cpt_rag.ingest(folder, collection=COLLECTION, store=store)
    size = sum(path.stat().st_size for path in folder.rglob("*.py"))
    return {
        "files": report.files,
        "chunks": report.chunks,
        "seconds": report.seconds,
        "files_per_s": report.files / report.seconds,
        "mb_per_s": size / 1e6 / report.seconds,
        "chunks_per_s": report.chunks / report.seconds,
        "stages": report.stages,
    }


def langchain(folder: Path, store: Path) -> dict[str, Any]:
    """The same folder by LangChain's splitter, sentence-transformers and QdrantVectorStore."""
    from langchain_core.documents import Document
    from langchain_qdrant import QdrantVectorStore
    from langchain_text_splitters import Language, RecursiveCharacterTextSplitter
    from qdrant_client import QdrantClient
    from qdrant_client.models import Distance, VectorParams

    embeddings = _minilm()
    started = time.perf_counter()
    splitter = RecursiveCharacterTextSplitter.from_language(
        Language.PYTHON, chunk_size=1000, chunk_overlap=0
    )
    documents = [
        Document(path.read_text(encoding="utf-8", errors="replace"), metadata={"path": str(path)})
        for path in sorted(folder.rglob("*.py"))
    ]
    chunks = splitter.split_documents(documents)
    client = QdrantClient(path=str(store))
    client.create_collection(COLLECTION, VectorParams(size=384, distance=Distance.COSINE))
    QdrantVectorStore(client, COLLECTION, embeddings).add_documents(chunks)
    client.close()
    return {"chunks": len(chunks), "seconds": time.perf_counter() - started}


def _minilm() -> Any:
    from langchain_core.embeddings import Embeddings
    from sentence_transformers import SentenceTransformer

    from cpt_training.models.pretrained import pretrained_directory

    model = SentenceTransformer(str(pretrained_directory()), device="cpu", local_files_only=True)

    class MiniLM(Embeddings):
        """What langchain-huggingface does, without its download."""

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            rows: list[list[float]] = model.encode([t.replace("\n", " ") for t in texts]).tolist()
            return rows

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    return MiniLM()


def questions(files: list[Path]) -> list[str]:
    """First lines of real docstrings: short English about code."""
    found = []
    for path in files:
        tree = ast.parse(path.read_bytes())
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.append((ast.get_docstring(node) or "").split("\n")[0])
    random.Random(0).shuffle(found)
    return [line for line in found if len(line.split()) > 3][:WARM_QUERIES]


def warm_latency(store: Path, queries: list[str]) -> dict[str, float]:
    """Milliseconds of a search in an open collection."""
    times = []
    with cpt_rag.open_collection(COLLECTION, store) as opened:
        for query in queries:
            started = time.perf_counter()
            cpt_rag.search(query, collection=opened, limit=10)
            times.append((time.perf_counter() - started) * 1e3)
    return {"p50_ms": statistics.median(times), "p95_ms": statistics.quantiles(times, n=20)[-1]}


def cold_latency(store: Path, queries: list[str]) -> dict[str, float]:
    """Seconds of a whole ``cpt-rag search`` process, wall and processor."""
    command = [sys.executable, "-m", "cpt_rag.cli", "search", "--collection", COLLECTION]
    command += ["--store", str(store), "--json"]
    wall, processor = [], []
    for query in queries[:COLD_RUNS]:
        before, started = os.times(), time.perf_counter()
        subprocess.run([*command, query], stdout=subprocess.DEVNULL, check=True)
        wall.append(time.perf_counter() - started)
        after = os.times()
        processor.append(
            after.children_user + after.children_system
            - before.children_user - before.children_system
        )  # fmt: skip
    return {
        "wall_p50_s": statistics.median(wall),
        "wall_max_s": max(wall),
        "processor_p50_s": statistics.median(processor),
    }


def main() -> None:
    """Run all parts and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(sysconfig.get_path("stdlib")))
    folder = parser.parse_args().folder.resolve()
    files = sources(folder)
    with tempfile.TemporaryDirectory() as scratch:
        tree = copy_sources(files, folder, Path(scratch) / "stdlib")
        store = Path(scratch) / "store"
        result: dict[str, Any] = {"ingest": in_process(ours, tree, store)}
        queries = questions(files)
        result["search_warm"] = warm_latency(store, queries)
        result["search_cold"] = cold_latency(store, queries)
        sample = random.Random(0).sample(files, min(SAMPLE_FILES, len(files)))
        small = copy_sources(sample, folder, Path(scratch) / "sample")
        mine = in_process(ours, small, Path(scratch) / "ours")
        theirs = in_process(langchain, small, Path(scratch) / "theirs")
        result["sample"] = {
            "cpt_rag": mine,
            "langchain": theirs,
            "times_faster": theirs["seconds"] / mine["seconds"],
        }
    sys.stdout.write(json.dumps(result, indent=2, default=float) + "\n")


if __name__ == "__main__":
    main()
