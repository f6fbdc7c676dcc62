"""Tiny sets of every kind, and an encoder that hashes words."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cpt_rag.types import Fingerprint
from cpt_training.evaluation.embed import Embedder

WORDS = ("tree", "river", "cloud", "stone", "ember", "wheel", "paper", "glass", "metal", "light")


class HashingEncoder:
    """Unit vectors of word counts; counts the texts it is given."""

    def __init__(self, dimension: int = 64, width: int | None = None) -> None:
        self.dimension = dimension
        self.width = width or dimension
        self.max_tokens = None
        self.fingerprint = Fingerprint("hashing", "w", "t", dimension, "mean", {})
        self.seen: list[str] = []

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def encode_query(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encode(texts)

    def encode_document(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        assert all(text.strip() for text in texts)
        self.seen += texts
        vectors = np.zeros((len(texts), self.width), dtype=np.float32)
        for i, text in enumerate(texts):
            for word in text.lower().split():
                vectors[i, zlib.crc32(word.encode()) % self.width] += 1
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


@pytest.fixture
def encoder() -> HashingEncoder:
    return HashingEncoder()


@pytest.fixture
def embedder(encoder: HashingEncoder) -> Embedder:
    return Embedder("hashing", encoder)


@pytest.fixture
def misshapen() -> Embedder:
    """A model whose vectors are shorter than it states."""
    return Embedder("misshapen", HashingEncoder(64, width=32))


@pytest.fixture
def write() -> Callable[[Path, Iterable[Any]], None]:
    """Write rows as JSON Lines."""
    return write_rows


def write_rows(path: Path, rows: Iterable[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_retrieval(folder: Path, queries: dict[str, str], documents: dict[str, str]) -> Path:
    """A set in which query i has document i alone as its answer."""
    write_rows(folder / "corpus.jsonl", ({"_id": i, "text": t} for i, t in documents.items()))
    write_rows(folder / "queries.jsonl", ({"_id": i, "text": t} for i, t in queries.items()))
    judged = zip(queries, documents, strict=False)
    lines = ["query-id\tcorpus-id\tscore", *(f"{q}\t{d}\t1" for q, d in judged)]
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with one set of every kind."""
    root = tmp_path / "data"
    for name in ("words", "docstring-valid"):
        queries = {f"q{i}": f"find the {word}" for i, word in enumerate(WORDS)}
        documents = {f"d{i}": f"a {word} of its own kind" for i, word in enumerate(WORDS)}
        write_retrieval(root / name, queries, documents)
    write_rows(
        root / "stsb-dev.jsonl",
        (
            {"sentence1": " ".join(WORDS), "sentence2": " ".join(WORDS[:n]), "score": n / 2}
            for n in range(1, len(WORDS) + 1)
        ),
    )
    reviews = [
        {"label": i % 2, "text": f"a {'good' if i % 2 else 'bad'} {WORDS[i % 10]} number {i}"}
        for i in range(60)
    ]
    for name in ("mr", "sst2_train", "sst2_dev", "sst2_test"):
        write_rows(root / "senteval" / f"{name}.jsonl", reviews)
    return root
