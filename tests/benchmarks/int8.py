"""How much a transformer's int8 form loses: cosines, and retrieval with paired intervals.

    python tests/benchmarks/int8.py MODEL [--data DIR --sets cosqa-dev,docstring-valid]

MODEL is a preset, a folder, or all-MiniLM-L6-v2; its form is built in the user's cache if it is not
there. Prints JSON: cosines of both forms over functions and docstrings of installed packages, and
every measure of each set, the plain model's and its difference for the form, for queries of the
form over documents of the plain model, and for a collection whose documents come from both in
turn, as one that was ingested partly before the form was built. Texts a second of both forms are
what ``tests/benchmarks/encode.py --model MODEL`` measures.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if __name__ in {"__main__", "__mp_main__"}:  # the folder of this file is no place to import from
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from cpt_rag.encoders.onnx import OnnxEncoder
from cpt_rag.encoders.onnx_build import build_onnx
from cpt_rag.encoders.transformer import TransformerEncoder
from cpt_training.evaluation.bm25 import Bm25Cost
from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.tasks import tasks_below
from cpt_training.models.pretrained import locate
from tests.benchmarks.encode import first_lines, installed

if TYPE_CHECKING:
    from cpt_rag.types import Fingerprint, Float32Array

FEWEST_LINES = 4


class Mixed:
    """Queries of one embedder over documents of some, taken in turn by their places."""

    max_tokens: int | None = None

    def __init__(self, queries: Embedder, documents: Sequence[Embedder]) -> None:
        self._queries = queries
        self._documents = documents
        self.dimension = queries.encoder.dimension

    @property
    def fingerprint(self) -> Fingerprint:
        """That of either form."""
        return self._queries.encoder.fingerprint

    def count_tokens(self, text: str) -> int:
        """Length of ``text`` in tokens."""
        return self._queries.encoder.count_tokens(text)

    def encode_query(self, texts: Sequence[str]) -> Float32Array:
        """Unit rows, float32 (n, dimension)."""
        return self._queries.queries(texts)

    def encode_document(self, texts: Sequence[str]) -> Float32Array:
        """Unit rows, float32 (n, dimension)."""
        each = [embedder.documents(texts) for embedder in self._documents]
        place = np.arange(len(texts))
        return np.stack(each)[place % len(each), place]


def functions(source: str) -> Iterator[str]:
    """Functions of ``source`` that have a few lines at least."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            code = ast.get_source_segment(source, node)
            if code and len(code.splitlines()) >= FEWEST_LINES:
                yield code


def installed_texts(count: int) -> tuple[list[str], list[str]]:
    """``count`` functions and half as many docstrings' first lines, the same in every run."""
    code: list[str] = []
    said: list[str] = []
    for path in sorted(installed()):
        source = path.read_text(encoding="utf-8", errors="replace")
        try:
            code += functions(source)
            said += first_lines(source)
        except SyntaxError:  # a template, or written for another Python
            continue
    draw = random.Random(0).sample
    return draw(code, min(count, len(code))), draw(said, min(count // 2, len(said)))


def likeness(plain: Embedder, form: Embedder, count: int) -> dict[str, Any]:
    """Cosines of a text's two vectors, over functions as documents and docstrings as queries."""
    code, said = installed_texts(count)
    found = {
        "documents": (plain.documents(code) * form.documents(code)).sum(axis=1),
        "queries": (plain.queries(said) * form.queries(said)).sum(axis=1),
    }
    return {
        role: {"texts": len(each), "mean": float(each.mean()), "least": float(each.min())}
        for role, each in found.items()
    }


def retrieval(embedders: Sequence[Embedder], data: Path, sets: Sequence[str]) -> list[Any]:
    """Every figure of every set; differences are against the plain model, on the same queries."""
    rows = []
    for task in tasks_below(data, sets):
        for part in task.measure(task.read(), embedders, Bm25Cost()):
            rows += [
                {
                    "set": figure.dataset,
                    "measure": figure.measure,
                    "system": figure.system,
                    "value": _interval(figure.estimate),
                    "difference": figure.difference and _interval(figure.difference),
                }
                for figure in part.figures
            ]
    return rows


def _interval(estimate: Any) -> list[float]:
    return [round(x, 5) for x in (estimate.value, estimate.low, estimate.high)]


def main() -> None:
    """Build the form, then measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a preset, a folder, or all-MiniLM-L6-v2")
    parser.add_argument("--texts", type=int, default=1000, help="functions to compare")
    parser.add_argument("--data", type=Path, help="folder of the evaluation sets")
    parser.add_argument("--sets", default="cosqa-dev,docstring-valid")
    options = parser.parse_args()
    directory = locate(options.model)
    place, made = build_onnx(directory)
    plain = Embedder("plain", TransformerEncoder(directory))
    form = Embedder("int8", OnnxEncoder(directory, place, made))
    result: dict[str, Any] = {
        "manifest": asdict(made),
        "cosine": likeness(plain, form, options.texts),
    }
    if options.data:
        mixed = [
            Embedder("int8 queries, plain documents", Mixed(form, [plain])),
            Embedder("int8 queries, documents of both", Mixed(form, [plain, form])),
        ]
        sets = options.sets.split(",")
        result["retrieval"] = retrieval([plain, form, *mixed], options.data, sets)
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
