"""Documents a second: cpt_rag's runtime of a model beside sentence-transformers'.

    python tests/benchmarks/encode.py [FOLDER] [--against all-MiniLM-L6-v2]
    cpt-rag encoders build MODEL --onnx && python tests/benchmarks/encode.py --model MODEL

Prints JSON, for pieces of code and for first lines of docstrings, at the default threads and at one
thread. All models take turns on the same texts, so trust the ratios, which are medians over turns,
before the rates, which are each model's best. At one thread the time is the processor's, of all
threads together, which other work on the machine disturbs little; otherwise it is the clock's.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import metadata
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cpt_rag
from cpt_rag.encoders.presets import DEFAULT_ENCODER

LINES = 50
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")

Encode = Callable[[list[str]], Any]
"""Texts to unit rows, float32 (n, d)."""


def installed() -> Iterator[Path]:
    """Python files of cpt_rag and of the packages that its core needs."""
    yield from Path(cpt_rag.__file__).parent.rglob("*.py")
    for requirement in metadata.requires("cpt-rag") or []:
        name = re.match(r"[\w.-]+", requirement)
        if name is None or "extra ==" in requirement:
            continue
        try:
            distribution = metadata.distribution(name[0])
        except metadata.PackageNotFoundError:  # one for another platform
            continue
        for file in distribution.files or []:
            if file.suffix == ".py":
                yield Path(str(distribution.locate_file(file)))


def pieces(source: str) -> Iterator[str]:
    """``source`` cut every few lines, as long as a function or a small class."""
    lines = source.splitlines(keepends=True)
    for start in range(0, len(lines), LINES):
        piece = "".join(lines[start : start + LINES])
        if piece.strip():
            yield piece


def first_lines(source: str) -> Iterator[str]:
    """First lines of docstrings: short English about code, as long as a query."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            line = (ast.get_docstring(node) or "").split("\n")[0]
            if len(line.split()) > 3:
                yield line


def texts_of(files: Sequence[Path], count: int) -> dict[str, list[str]]:
    """At most ``count`` texts of each kind, the same in every run."""
    found: dict[str, list[str]] = {"code": [], "short": []}
    for path in files:
        source = path.read_text(encoding="utf-8", errors="replace")
        try:
            found["short"] += first_lines(source)
        except SyntaxError:  # a template, or written for another Python
            continue
        found["code"] += pieces(source)
    return {kind: random.Random(0).sample(t, min(count, len(t))) for kind, t in found.items()}


def encoders(model: str, against: Sequence[str], one_thread: bool) -> dict[str, Encode]:
    """cpt_rag's runtime, sentence-transformers with the same model, and with the others."""
    import torch
    from sentence_transformers import SentenceTransformer

    from cpt_training.models.pretrained import locate

    if one_thread:
        torch.set_num_threads(1)
    chosen: dict[str, Encode] = {"cpt_rag": cpt_rag.load_encoder(locate(model)).encode_document}
    for name in (model, *against):
        folder = str(locate(name))
        plain = SentenceTransformer(folder, device="cpu", local_files_only=True)
        label = "sentence-transformers" if name == model else Path(name).name
        chosen[label] = plain.encode
    return chosen


def measure(
    texts: dict[str, list[str]], model: str, against: Sequence[str], turns: int, one_thread: bool
) -> dict[str, Any]:
    """Figures for each kind of text, in a process whose environment has set the threads."""
    clock = time.process_time if one_thread else time.perf_counter
    chosen = encoders(model, against, one_thread)
    result = {}
    for kind, batch in texts.items():
        seconds: dict[str, list[float]] = {name: [] for name in chosen}
        for encode in chosen.values():
            encode(batch[:64])
        for _ in range(turns):
            for name, encode in chosen.items():
                started = clock()
                encode(batch)
                seconds[name].append(clock() - started)
        result[kind] = {
            "texts": len(batch),
            "mean_characters": statistics.mean(map(len, batch)),
            "texts_per_s": {name: len(batch) / min(taken) for name, taken in seconds.items()},
            "cpt_rag_times_faster": {
                name: statistics.median(
                    theirs / ours for theirs, ours in zip(taken, seconds["cpt_rag"], strict=True)
                )
                for name, taken in seconds.items()
                if name != "cpt_rag"
            },
        }
    return result


def main() -> None:
    """Measure at the default threads, then at one, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="default: cpt_rag and its needs")
    parser.add_argument("--model", default=DEFAULT_ENCODER, help="by name or path")
    parser.add_argument("--against", action="append", default=[], help="another model, likewise")
    parser.add_argument("--texts", type=int, default=1000, help="of each kind, at most")
    parser.add_argument("--turns", type=int, default=9)
    options = parser.parse_args()
    files = sorted(options.folder.rglob("*.py") if options.folder else installed())
    texts = texts_of(files, options.texts)
    result = {}
    for name, one_thread in (("default_threads", False), ("one_thread", True)):
        if one_thread:
            os.environ.update(dict.fromkeys(THREADS, "1"), TOKENIZERS_PARALLELISM="false")
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            arguments = (texts, options.model, options.against, options.turns, one_thread)
            result[name] = process.submit(measure, *arguments).result()
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
