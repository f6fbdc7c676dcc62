"""A transformer's int8 form: built once, whole or not at all, and the same encoder as before."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import BertWordPieceTokenizer
from transformers import AutoTokenizer, BertConfig, BertModel

import cpt_rag
from cpt_rag.cli.main import NAME, app
from cpt_rag.cli.run import run
from cpt_rag.encoders import onnx_build
from cpt_rag.encoders.onnx import OnnxEncoder
from cpt_rag.encoders.onnx_build import build_onnx
from cpt_rag.encoders.onnx_form import MANIFEST, MODEL, VOCABULARY, forms
from cpt_rag.encoders.own_texts import own_texts
from cpt_rag.encoders.presets import MODELS
from cpt_rag.encoders.transformer import TransformerEncoder

WIDTH = 32
LENGTH = 48
CODE, SAID = own_texts(40)
LIGHT = """
import sys
import numpy
import cpt_rag
encoder = cpt_rag.load_encoder(sys.argv[1])
numpy.save(sys.argv[2], encoder.encode_query(["where are retries counted?"]))
print(*sorted(sys.modules))
"""

Save = Callable[[Path, str], Path]


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder whose forms the tests of this file only read."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
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


def unheard_of(self: BertModel, input_ids: torch.Tensor, **_: object) -> object:
    """A forward pass through an operation that ONNX lacks."""
    rotations, *_rest = torch.linalg.svd(self.embeddings(input_ids), full_matrices=False)
    return {"last_hidden_state": rotations}


def cosines(encoder: cpt_rag.Encoder, plain: cpt_rag.Encoder, texts: list[str]) -> list[float]:
    together = encoder.encode_document(texts) * plain.encode_document(texts)
    return [float(x) for x in together.sum(axis=1)]


def test_a_built_form_is_loaded_by_the_models_name(built: Path) -> None:
    assert isinstance(cpt_rag.load_encoder(built), OnnxEncoder)


def test_its_vectors_are_the_plain_models_in_both_roles(built: Path) -> None:
    encoder, plain = cpt_rag.load_encoder(built), TransformerEncoder(built)
    asked = (encoder.encode_query(SAID) * plain.encode_query(SAID)).sum(axis=1)
    assert np.mean([*cosines(encoder, plain, CODE), *asked]) >= 0.99
    # A prompt is heard.
    unasked = (encoder.encode_query(SAID) * plain.encode_document(SAID)).sum(axis=1)
    assert asked.mean() > unasked.mean() + 0.001


def test_it_is_the_plain_model_to_a_collection(built: Path, tmp_path: Path) -> None:
    encoder, plain = cpt_rag.load_encoder(built), TransformerEncoder(built)
    assert encoder.fingerprint == plain.fingerprint
    assert (encoder.dimension, encoder.max_tokens) == (plain.dimension, plain.max_tokens)
    assert [encoder.count_tokens(t) for t in CODE] == [plain.count_tokens(t) for t in CODE]
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("counts of retries\n", encoding="utf-8")
    store = tmp_path / "store"
    cpt_rag.ingest(tmp_path / "docs", collection="c", store=store, encoder=plain)
    with cpt_rag.open_collection("c", store) as collection:
        assert isinstance(collection.encoder, OnnxEncoder)
        assert cpt_rag.search("retries", collection=collection)[0].path == "a.txt"


def test_a_vector_depends_on_its_text_alone(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = cpt_rag.load_encoder(built)
    together = encoder.encode_document(CODE)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    backwards = encoder.encode_document(CODE[::-1])[::-1]
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    alone = np.concatenate([encoder.encode_document([text]) for text in CODE])
    assert together.tobytes() == backwards.tobytes() == alone.tobytes()


def test_a_long_text_is_cut_where_the_plain_model_cuts_it(built: Path) -> None:
    encoder, plain = cpt_rag.load_encoder(built), TransformerEncoder(built)
    text = " ".join(CODE)
    assert encoder.count_tokens(text) > LENGTH
    assert cosines(encoder, plain, [text])[0] >= 0.99
    longer = encoder.encode_document([text + " and more"])
    assert longer.tobytes() == encoder.encode_document([text]).tobytes()


def test_no_texts_give_no_rows_and_a_blank_one_is_refused(built: Path) -> None:
    encoder = cpt_rag.load_encoder(built)
    assert encoder.encode_query([]).shape == (0, WIDTH)
    with pytest.raises(cpt_rag.InvalidInputError, match="Text 2 of 2 is empty"):
        encoder.encode_document(["a", "\n"])


def test_other_ways_of_pooling_are_the_models_own(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    directory = save(tmp_path / "last", "lasttoken")
    _, form = build_onnx(directory)
    assert form.fingerprint["pooling"] == "lasttoken"
    encoder, plain = cpt_rag.load_encoder(directory), TransformerEncoder(directory)
    assert isinstance(encoder, OnnxEncoder)
    assert np.mean(cosines(encoder, plain, CODE)) >= 0.99


def test_running_it_takes_neither_torch_nor_transformers(built: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT, str(built), str(tmp_path / "v.npy")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "onnxruntime" in loaded
    assert not loaded & {"torch", "transformers", "sentence_transformers", "onnx"}
    here = cpt_rag.load_encoder(built).encode_query(["where are retries counted?"])
    assert np.load(tmp_path / "v.npy").tobytes() == here.tobytes()


def test_without_onnxruntime_the_plain_model_runs(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert isinstance(cpt_rag.load_encoder(built), TransformerEncoder)


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


def test_a_model_that_does_not_survive_int8_keeps_its_plain_form(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    directory = save(tmp_path / "wild", "mean")
    model = SentenceTransformer(str(directory), device="cpu")
    with torch.no_grad():
        for layer in model[0].model.encoder.layer:  # one unit, which nothing reads, dwarfs the rest
            layer.intermediate.dense.bias[0] = 1e6
            layer.output.dense.weight[:, 0] = 0
    model.save(str(directory), create_model_card=False)
    with pytest.raises(cpt_rag.EncoderError, match=r"mean cosine of 0\.\d+"):
        build_onnx(directory)
    assert list(forms().iterdir()) == []
    assert isinstance(cpt_rag.load_encoder(directory), TransformerEncoder)


def test_a_build_that_ends_early_leaves_nothing(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def full(graph: Path, out: Path) -> None:
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
