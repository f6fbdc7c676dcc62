"""A whole run on a small corpus: it learns, repeats itself, and gives a plain model."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

import cpt_rag
from cpt_rag.encoders.static import StaticEncoder
from cpt_training import train as training
from cpt_training.config import TrainConfig, load_config
from cpt_training.corpus.table import PAIRS, writing

VERBS = ["open", "close", "read", "write", "copy", "move", "sort", "count", "merge", "split"]
NOUNS = ["file", "socket", "table", "image", "queue", "index", "user", "token", "graph", "page"]


def rows(verbs: list[str]) -> list[dict[str, str]]:
    return [
        {
            "kind": "docstring_code",
            "language": "python",
            "package": "some",
            "path": "a.py",
            "licence": "MIT",
            "query": f"{verb.title()} the {noun} and return it.",
            "document": f"def {verb}_{noun}(self, {noun}):\n    return self.{noun}s.{verb}({noun})",
        }
        for verb in verbs
        for noun in NOUNS
    ]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for split, verbs in (("train", VERBS), ("validation", VERBS[:5])):
        with writing(tmp_path / f"{split}.parquet", PAIRS) as table:
            for row in rows(verbs):
                table.append(row)
            table.finish()
    (tmp_path / "statistics.json").write_text('{"sha256": "abc"}', encoding="utf-8")
    return tmp_path


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> TrainConfig:
    # The pretrained start is 90 MB of weights to read; a random one tests the loop as well.
    def random_vectors(tokenizer: object, counts: np.ndarray, dimension: int) -> np.ndarray:
        return np.random.default_rng(0).normal(size=(len(counts), dimension)).astype(np.float32)

    monkeypatch.setattr(training, "token_vectors", random_vectors)
    return dataclasses.replace(
        load_config("cpt_static"),
        vocabulary=512,
        dimension=32,
        batch=20,
        epochs=4,
        kinds={"docstring_code": 1.0},
    )


def test_a_run_learns_and_writes_a_model_that_both_runtimes_load(
    corpus: Path, config: TrainConfig, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    training.train(config, corpus, out)
    record = json.loads((out / "training.json").read_text(encoding="utf-8"))
    curve = record["validation_mrr"]
    assert record["corpus_sha256"] == "abc"
    assert curve[-1] > curve[0] + 0.1
    fast = cpt_rag.load_encoder(out)
    assert isinstance(fast, StaticEncoder)
    plain = SentenceTransformer(str(out), device="cpu", local_files_only=True)
    texts = [row["document"] for row in rows(VERBS[:2])]
    cosines = (fast.encode_document(texts) * plain.encode(texts)).sum(axis=1)
    assert cosines.min() >= 0.9999


def test_the_same_seed_gives_the_same_weights_and_another_seed_does_not(
    corpus: Path, config: TrainConfig, tmp_path: Path
) -> None:
    def weights(name: str, seed: int) -> bytes:
        training.train(dataclasses.replace(config, seed=seed), corpus, tmp_path / name)
        return (tmp_path / name / "model.safetensors").read_bytes()

    assert weights("a", 1) == weights("b", 1) != weights("c", 2)
