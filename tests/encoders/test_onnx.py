"""A transformer's int8 form is the same encoder as before, without torch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cpt_rag
from cpt_rag.encoders.onnx import OnnxEncoder
from cpt_rag.encoders.onnx_build import build_onnx
from cpt_rag.encoders.transformer import TransformerEncoder
from tests.encoders.tiny import CODE, LENGTH, SAID, WIDTH, Save, cosines

LIGHT = """
import sys
import numpy
import cpt_rag
encoder = cpt_rag.load_encoder(sys.argv[1])
numpy.save(sys.argv[2], encoder.encode_query(["where are retries counted?"]))
print(*sorted(sys.modules))
"""


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
