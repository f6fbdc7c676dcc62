"""An int8 form is built once, whole or not at all, and no other model's is taken for it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from transformers import BertModel

import cpt_rag
from cpt_rag.cli.main import NAME, app
from cpt_rag.cli.run import run
from cpt_rag.encoders import onnx_build
from cpt_rag.encoders.onnx import OnnxEncoder
from cpt_rag.encoders.onnx_build import build_onnx
from cpt_rag.encoders.onnx_form import MANIFEST, MODEL, VOCABULARY, forms
from cpt_rag.encoders.presets import MODELS
from cpt_rag.encoders.transformer import TransformerEncoder
from tests.encoders.tiny import CODE, Save, cosines


def unheard_of(self: BertModel, input_ids: torch.Tensor, **_: object) -> object:
    """A forward pass through an operation that ONNX lacks."""
    rotations, *_rest = torch.linalg.svd(self.embeddings(input_ids), full_matrices=False)
    return {"last_hidden_state": rotations}


@pytest.mark.parametrize("name", [MODEL, VOCABULARY, MANIFEST])
def test_a_damaged_form_is_refused_until_it_is_built_again(
    own: tuple[Path, Path], name: str
) -> None:
    directory, form = own
    whole = (form / name).read_bytes()
    (form / name).write_bytes(whole[:-9])
    with pytest.raises(cpt_rag.EncoderError, match=f"{name}.*\n.*\n.*build it again") as caught:
        cpt_rag.load_encoder(directory)
    assert f"cpt-rag encoders build {directory} --onnx" in caught.value.remedy
    (form / name).unlink()
    if name != MANIFEST:  # without one it is no form
        with pytest.raises(cpt_rag.EncoderError, match="cannot be used"):
            cpt_rag.load_encoder(directory)
    build_onnx(directory)
    assert isinstance(cpt_rag.load_encoder(directory), OnnxEncoder)
    assert [path.name for path in forms().iterdir()] == [form.name]


def test_another_models_graph_is_no_form_of_this_one(own: tuple[Path, Path], start: Path) -> None:
    directory, form = own
    manifest = json.loads((form / MANIFEST).read_text(encoding="utf-8"))
    (form / MANIFEST).write_text(json.dumps(manifest | {"source": "0" * 64}), encoding="utf-8")
    with pytest.raises(cpt_rag.EncoderError, match="another version or model"):
        cpt_rag.load_encoder(directory)


@pytest.mark.parametrize("changed", ["model.safetensors", "config_sentence_transformers.json"])
def test_a_model_that_has_changed_has_no_form(
    own: tuple[Path, Path], tmp_path: Path, changed: str
) -> None:
    directory = Path(shutil.copytree(own[0], tmp_path / own[0].name))
    assert isinstance(cpt_rag.load_encoder(directory), OnnxEncoder)  # wherever the folder lies
    content = (directory / changed).read_bytes()
    other = content.replace(b"question", b"query")
    (directory / changed).write_bytes(content[:-1] + b"\1" if other == content else other)
    assert isinstance(cpt_rag.load_encoder(directory), TransformerEncoder)


def test_what_is_built_is_not_built_again(own: tuple[Path, Path]) -> None:
    directory, form = own
    before = (form / MODEL).stat().st_mtime_ns
    place, _ = build_onnx(directory)
    assert place == form
    assert (form / MODEL).stat().st_mtime_ns == before


def outlier(directory: Path, within: str, after: str) -> None:
    """Have one unit, which nothing reads, dwarf all others of its layer."""
    model = SentenceTransformer(str(directory), device="cpu")
    transformer: Any = model[0]
    with torch.no_grad():
        for layer in transformer.model.encoder.layer:
            layer.get_submodule(within).bias[0] = 1e6
            reader = layer.get_submodule(after)
            reader.weight *= 1e4  # so that it matters what is read of the others
            reader.weight[:, 0] = 0
    model.save(str(directory), create_model_card=False)


def test_where_feed_forward_blocks_do_not_survive_int8_they_stay_as_they_are(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    directory = save(tmp_path / "wild", "mean")
    outlier(directory, "intermediate.dense", "output.dense")
    _, form = build_onnx(directory)
    assert form.cosine >= 0.99
    encoder, plain = cpt_rag.load_encoder(directory), TransformerEncoder(directory)
    assert isinstance(encoder, OnnxEncoder)
    assert np.mean(cosines(encoder, plain, CODE)) >= 0.99


def test_a_model_that_does_not_survive_int8_stays_plain(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    directory = save(tmp_path / "wild", "mean")
    outlier(directory, "attention.self.value", "attention.output.dense")
    with pytest.raises(cpt_rag.EncoderError, match=r"mean cosine of -?0\.\d+"):
        build_onnx(directory)
    assert list(forms().iterdir()) == []
    assert isinstance(cpt_rag.load_encoder(directory), TransformerEncoder)


def test_a_build_that_ends_early_leaves_nothing(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def full(graph: Path, out: Path, *, careful: bool) -> None:
        out.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(onnx_build, "quantise", full)
    with pytest.raises(cpt_rag.EncoderError, match="No space left"):
        build_onnx(shared)
    assert list(forms().iterdir()) == []


def test_a_model_that_cannot_be_traced_is_refused(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    directory = save(tmp_path / "odd", "mean")
    monkeypatch.setattr(BertModel, "forward", unheard_of)
    with pytest.raises(cpt_rag.EncoderError, match="BertModel cannot be exported to ONNX"):
        build_onnx(directory)
    assert list(forms().iterdir()) == []


def test_a_static_model_is_refused() -> None:
    with pytest.raises(cpt_rag.EncoderError, match="StaticEmbedding") as caught:
        build_onnx(MODELS / "cpt-static")
    assert "without --onnx" in caught.value.remedy


def test_a_published_model_is_built_by_its_folder() -> None:
    with pytest.raises(cpt_rag.EncoderError, match="its folder alone"):
        build_onnx("all-minilm-l6-v2")


def test_a_missing_extra_is_named(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(cpt_rag.MissingExtraError, match=r'pip install "cpt-rag\[onnx\]"'):
        build_onnx(shared)


def test_the_command_says_where_the_form_is_and_how_near(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(app, ["encoders", "build", str(built), "--onnx", "--json"], NAME) == 0
    said = json.loads(capsys.readouterr().out)
    assert (Path(said["place"]) / MODEL).is_file()
    assert 0.99 <= said["cosine"] <= 1.001
    assert said["least_cosine"] <= said["cosine"]
    assert run(app, ["encoders", "build", str(built), "--onnx"], NAME) == 0
    assert f"{said['cosine']:.4f} on average" in capsys.readouterr().out


def test_the_command_asks_which_form(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, ["encoders", "build", str(built)], NAME) == 2
    assert "--onnx" in capsys.readouterr().err
