"""A corpus of a hundred pairs, a transformer of two layers, and configs that train on them."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cpt_training.config import TrainConfig, load_config
from cpt_training.corpus.table import PAIRS, writing
from cpt_training.sections.data import Data
from cpt_training.sections.lora import Lora
from cpt_training.sections.models import StaticModel, TransformerModel
from cpt_training.sections.optimisation import Optimisation

VERBS = ["open", "close", "read", "write", "copy", "move", "sort", "count", "merge", "split"]
NOUNS = ["file", "socket", "table", "image", "queue", "index", "user", "token", "graph", "page"]
KIND = "docstring_code"
SIDES = ("query", "document")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """The tests share the cores: threads of one would wait for those of another."""
    if "torch" not in sys.modules:
        yield
        return
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):
        yield


def pair(verb: str, noun: str, language: str = "python", kind: str = KIND) -> dict[str, Any]:
    return {
        "kind": kind,
        "language": language,
        "package": "some",
        "path": "a.py",
        "licence": "MIT",
        "query": f"{verb.title()} the {noun} and return it.",
        "document": f"def {verb}_{noun}(self, {noun}):\n    return self.{noun}s.{verb}({noun})",
    }


def write_corpus(folder: Path, **splits: Iterable[dict[str, Any]]) -> Path:
    """A corpus as its build leaves it, as far as training reads it."""
    counts = {}
    for split, rows in splits.items():
        kinds: dict[str, int] = {}
        with writing(folder / f"{split}.parquet", PAIRS) as table:
            for row in rows:
                table.append(row)
                kinds[row["kind"]] = kinds.get(row["kind"], 0) + 1
            table.finish()
        counts[split] = kinds
    statistics = {
        "sha256": "abc",
        "pairs": {split: sum(kinds.values()) for split, kinds in counts.items()},
        "by_kind": counts,
    }
    (folder / "statistics.json").write_text(json.dumps(statistics), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each verb with each noun; half of the verbs are for validation. To be copied."""
    return write_corpus(
        tmp_path_factory.mktemp("corpus"),
        train=[pair(verb, noun) for verb in VERBS for noun in NOUNS],
        validation=[pair(verb, noun) for verb in VERBS[:5] for noun in NOUNS],
    )


@pytest.fixture
def corpus(untouched: Path, tmp_path: Path) -> Path:
    """A corpus of one's own: training keeps what it makes of one beside it."""
    return shutil.copytree(untouched, tmp_path / "corpus")


@pytest.fixture(scope="session")
def static_config() -> TrainConfig:
    """Twenty steps on a random table."""
    return TrainConfig(
        name="small",
        seed=1,
        data=Data(
            query_tokens=16,
            document_tokens=32,
            validation_pairs=50,
            corpus="small",
            kinds={KIND: 1.0},
        ),
        optimisation=Optimisation(
            batch=20,
            mini_batch=20,
            examples=400,
            learning_rate=0.01,
            weight_decay=0.0,
            warmup=0.1,
            scale=20.0,
            validations=4,
        ),
        static=StaticModel(
            vocabulary=512,
            pretrained_words=False,
            split_identifiers=True,
            repeats_within=0,
            dimension=32,
            start="random",
            weighting="none",
        ),
    )


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT of two layers and width 32, a sentence-transformers model with mean pooling."""
    import torch

    from cpt_training.smoke import smoke

    torch.manual_seed(0)
    small, _ = smoke(load_config("cpt_text"), tmp_path_factory.mktemp("tiny"))
    assert small.transformer is not None
    return Path(small.transformer.start)


@pytest.fixture(scope="session")
def transformer_config(static_config: TrainConfig, tiny: Path) -> TrainConfig:
    """Twenty steps on the tiny transformer, in mini-batches, with dropout."""
    return TrainConfig(
        name="small-transformer",
        seed=1,
        data=static_config.data,
        optimisation=Optimisation(
            batch=20,
            mini_batch=8,
            examples=400,
            learning_rate=0.001,
            weight_decay=0.01,
            warmup=0.1,
            scale=20.0,
            validations=4,
        ),
        transformer=TransformerModel(
            start=str(tiny), random_weights=False, layers=2, pooling="lasttoken", delimiters=True
        ),
    )


@pytest.fixture(scope="session")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Qwen2 of two layers and width 32, a causal language model."""
    from cpt_training.tiny import tiny_decoder

    texts = [pair(verb, noun)[side] for verb in VERBS for noun in NOUNS for side in SIDES]
    return tiny_decoder(tmp_path_factory.mktemp("decoder"), texts, 32)


@pytest.fixture(scope="session")
def decoder_config(transformer_config: TrainConfig, decoder: Path) -> TrainConfig:
    """Twenty steps on adapters of the tiny decoder, read both ways, in mini-batches."""
    return replace(
        transformer_config,
        name="small-decoder",
        optimisation=replace(transformer_config.optimisation, learning_rate=0.01),
        transformer=TransformerModel(
            start=str(decoder),
            random_weights=False,
            layers=2,
            pooling="lasttoken",
            delimiters=True,
            attention="bidirectional",
        ),
        lora=Lora(rank=4, alpha=8, targets=("q_proj", "v_proj", "down_proj")),
    )


@pytest.fixture
def chat_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for a user's own chat.py, from which commands are run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "chat", raising=False)
    yield tmp_path
    sys.modules.pop("chat", None)
