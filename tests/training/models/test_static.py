"""A static encoder in training, and the model that is left of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer

import cpt_rag
from cpt_rag.encoders.static import StaticEncoder
from cpt_training.data.tokens import TokenLists, tokenise
from cpt_training.models.static import StaticTrainable
from cpt_training.models.vocabulary import learn_vocabulary

TEXTS = [
    "Open the file and return it.",
    "def open_file(self, file):\n    return self.files.open(file)",
    "a",
    "Größe überprüfen, naïve café",
]
WIDTH = 16


def make(*, split_identifiers: bool = True) -> StaticTrainable:
    tokenizer = learn_vocabulary(TEXTS * 2, 300, ["zebra"], split_identifiers=split_identifiers)
    random = np.random.default_rng(0)
    table = random.normal(size=(tokenizer.get_vocab_size(), WIDTH)).astype(np.float32)
    return StaticTrainable(tokenizer, table)


def embed(trainable: StaticTrainable, texts: list[str]) -> np.ndarray:
    tokens = tokenise(lambda part: trainable.tokenise(part, "query", 1000), texts)
    with torch.inference_mode():
        rows: np.ndarray = trainable.model(trainable.features(tokens))["sentence_embedding"].numpy()
    return rows


def test_a_text_is_the_mean_of_its_tokens_rows_at_unit_length() -> None:
    trainable = make()
    table = trainable.embedding.embedding.weight.detach().numpy()
    for text, row in zip(TEXTS, embed(trainable, TEXTS), strict=True):
        mean = table[trainable.tokenizer.encode(text).ids].mean(axis=0)
        np.testing.assert_allclose(row, mean / np.linalg.norm(mean), atol=1e-5)


def test_both_roles_have_the_same_ids_and_no_more_than_asked() -> None:
    trainable = make()
    whole = trainable.tokenise(TEXTS, "query", 1000)
    assert whole == trainable.tokenise(TEXTS, "document", 1000)
    assert max(map(len, whole)) > 3
    assert trainable.tokenise(TEXTS, "query", 3) == [ids[:3] for ids in whole]


def test_a_text_without_a_token_gives_zeros_and_takes_none_from_its_neighbours() -> None:
    rows = embed(make(), [TEXTS[0], "   ", TEXTS[1]])
    assert np.isfinite(rows).all()
    assert not rows[1].any()
    np.testing.assert_allclose(rows[[0, 2]], embed(make(), TEXTS[:2]), atol=1e-6)


def test_its_name_changes_with_how_it_cuts() -> None:
    assert make().name == make().name != make(split_identifiers=False).name


def test_features_are_bags_end_to_end() -> None:
    tokens = TokenLists(
        np.array([5, 6, 7], np.int32), np.array([0, 2, 2, 3]), np.zeros(3, np.uint64)
    )
    features = make().features(tokens)
    assert features["input_ids"].tolist() == [5, 6, 7]
    assert features["offsets"].tolist() == [0, 2, 2]


def test_the_fast_runtime_and_sentence_transformers_give_the_saved_models_vectors_alike(
    tmp_path: Path,
) -> None:
    make().save(tmp_path)
    fast = cpt_rag.load_encoder(tmp_path)
    assert isinstance(fast, StaticEncoder)
    plain = SentenceTransformer(str(tmp_path), device="cpu", local_files_only=True)
    texts = [*TEXTS, "zebra zebras"]
    cosines = (fast.encode_document(texts) * plain.encode(texts)).sum(axis=1)
    assert cosines.min() >= 0.9999


def test_the_saved_model_keeps_a_byte_for_each_weight_and_its_direction(tmp_path: Path) -> None:
    trainable = make()
    trainable.save(tmp_path)
    assert load_file(tmp_path / "model.safetensors")["embeddings"].dtype == np.int8
    cosines = (cpt_rag.load_encoder(tmp_path).encode_query(TEXTS) * embed(trainable, TEXTS)).sum(1)
    assert cosines.min() >= 0.999


def test_whole_identifiers_are_run_by_sentence_transformers(tmp_path: Path) -> None:
    trainable = make(split_identifiers=False)
    trainable.save(tmp_path)
    encoder = cpt_rag.load_encoder(tmp_path)
    assert not isinstance(encoder, StaticEncoder)
    assert encoder.encode_query(["openFile"])[0] == pytest.approx(
        encoder.encode_query(["openfile"])[0], abs=1e-6
    )
