"""Loading by name or path, and what is said when that fails."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import cpt_rag
from cpt_rag.encoders.presets import MODELS, PRESETS, SHIPPED
from cpt_rag.encoders.static import StaticEncoder
from cpt_rag.encoders.transformer import TransformerEncoder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODELS / "cpt-static", tmp_path / "copy"))


def test_a_copy_elsewhere_is_the_same_encoder_under_another_name(copy: Path) -> None:
    shipped, copied = cpt_rag.load_encoder(), cpt_rag.load_encoder(copy)
    assert copied.fingerprint.name == str(copy.resolve())
    assert copied.fingerprint.weights == shipped.fingerprint.weights
    assert copied.fingerprint.tokenizer == shipped.fingerprint.tokenizer


def test_other_weights_have_another_fingerprint(copy: Path) -> None:
    tensors = load_file(copy / "model.safetensors")
    tensors["weights"] = tensors["weights"] * np.float32(2)
    save_file(tensors, copy / "model.safetensors")
    shipped = cpt_rag.load_encoder().fingerprint
    assert cpt_rag.load_encoder(copy).fingerprint.weights != shipped.weights


def test_a_static_model_with_a_normalisation_of_its_own_runs_plain(copy: Path) -> None:
    spec = json.loads((copy / "tokenizer.json").read_text(encoding="utf-8"))
    spec["normalizer"] = {"type": "Lowercase"}
    (copy / "tokenizer.json").write_text(json.dumps(spec), encoding="utf-8")
    encoder = cpt_rag.load_encoder(copy)
    assert isinstance(encoder, TransformerEncoder)
    assert encoder.dimension == cpt_rag.load_encoder().dimension
    assert encoder.max_tokens is None
    vectors = encoder.encode_document(["one two", "three"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode_query([]).shape == (0, encoder.dimension)
    with pytest.raises(cpt_rag.InvalidInputError, match="Text 1 of 1 is empty"):
        encoder.encode_query([" "])


def test_prompts_and_further_modules_are_left_to_sentence_transformers(copy: Path) -> None:
    config = json.loads((copy / "config_sentence_transformers.json").read_text(encoding="utf-8"))
    config["prompts"]["query"] = "search: "
    (copy / "config_sentence_transformers.json").write_text(json.dumps(config), encoding="utf-8")
    prompted = cpt_rag.load_encoder(copy)
    assert isinstance(prompted, TransformerEncoder)
    alike = prompted.encode_query(["a b"]) @ cpt_rag.load_encoder().encode_query(["search: a b"]).T
    assert alike.item() >= 0.9999
    config["prompts"]["query"] = ""
    (copy / "config_sentence_transformers.json").write_text(json.dumps(config), encoding="utf-8")
    modules = json.loads((copy / "modules.json").read_text(encoding="utf-8"))
    (copy / "modules.json").write_text(json.dumps(modules[:1]), encoding="utf-8")
    assert isinstance(cpt_rag.load_encoder(copy), TransformerEncoder)


def test_the_plain_runtime_gives_the_fast_ones_vectors() -> None:
    texts = ["def f(x): return x", "a question about f"]
    fast, plain = StaticEncoder(MODELS / "cpt-static"), TransformerEncoder(MODELS / "cpt-static")
    cosines = (fast.encode_document(texts) * plain.encode_document(texts)).sum(axis=1)
    assert cosines.min() >= 0.9999
    assert fast.fingerprint == plain.fingerprint


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(cpt_rag.EncoderError, match="cpt-static"):
        cpt_rag.load_encoder("no-such-model")


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(cpt_rag.EncoderError, match=r"modules\.json"):
        cpt_rag.load_encoder(tmp_path)


def test_a_shipped_model_that_is_not_there_is_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = replace(SHIPPED["cpt-static"], name="gone")
    monkeypatch.setitem(SHIPPED, "gone", gone)
    monkeypatch.setitem(PRESETS, "gone", gone)
    with pytest.raises(cpt_rag.EncoderError, match="install cpt-rag again"):
        cpt_rag.load_encoder("gone")


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "modules.json"])
def test_a_damaged_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).write_bytes(b"\0" * 100)
    with pytest.raises(cpt_rag.EncoderError, match="cannot be read"):
        cpt_rag.load_encoder(copy)


def test_a_missing_extra_is_named(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sentence_transformers", None)
    with pytest.raises(cpt_rag.MissingExtraError, match=r'pip install "cpt-rag\[transformers\]"'):
        TransformerEncoder(copy)
