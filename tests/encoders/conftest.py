"""A tiny BERT and its int8 form."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import BertWordPieceTokenizer
from transformers import AutoTokenizer, BertConfig, BertModel

from cpt_rag.encoders.onnx_build import build_onnx
from cpt_rag.encoders.onnx_form import forms
from tests.encoders.tiny import CODE, LENGTH, SAID, WIDTH, Save


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random BERT in the transformers library's layout."""
    folder = tmp_path_factory.mktemp("bert")
    pieces = BertWordPieceTokenizer()
    pieces.train_from_iterator(CODE + SAID, vocab_size=500, show_progress=False)
    pieces.save_model(str(folder))
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=pieces.get_vocab_size(),
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * WIDTH,
        max_position_embeddings=64,
    )
    BertModel(shape).save_pretrained(folder)
    AutoTokenizer.from_pretrained(str(folder)).save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="session")
def save(start: Path) -> Save:
    """Save that BERT as a sentence-transformers model that pools in some way."""

    def saved(out: Path, pooling: str) -> Path:
        model = SentenceTransformer(
            modules=[Transformer(str(start), max_seq_length=LENGTH), Pooling(WIDTH, pooling)],
            prompts={"query": "question : ", "document": ""},
            device="cpu",
        )
        model.save(str(out), create_model_card=False)
        return out

    return saved


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder whose forms the tests only read."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def shared(save: Save, tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """A model with mean pooling, its form built in `cache`."""
    directory = save(tmp_path_factory.mktemp("models") / "tiny", "mean")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        build_onnx(directory)
    return directory


@pytest.fixture
def built(shared: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That model, its form to be read only."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return shared


@pytest.fixture
def own(
    shared: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path]:
    """That model, and a copy of its form to do anything with."""
    shutil.copytree(cache, tmp_path / "cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    [form] = forms().iterdir()
    return shared, form
