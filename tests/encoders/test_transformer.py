"""Any sentence-transformers model is an encoder: roles, lengths and vectors are its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import (
    BertConfig,
    BertModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

import cpt_rag
from cpt_rag.encoders.transformer import TransformerEncoder

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "ask", ":", "alpha", "beta", "gamma"]
LENGTH = 16


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random BERT with a query prompt and mean pooling."""
    base, out = tmp_path_factory.mktemp("bert"), tmp_path_factory.mktemp("model")
    vocabulary = {word: i for i, word in enumerate(WORDS)}
    words = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    words.pre_tokenizer = Whitespace()
    ends = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    words.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair=None, special_tokens=ends
    )
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]"}
    tokenizer: PreTrainedTokenizerBase = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=words, sep_token="[SEP]", **special
    )
    tokenizer.save_pretrained(base)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=LENGTH,
    )
    BertModel(config).save_pretrained(base)
    model = SentenceTransformer(
        modules=[Transformer(str(base), max_seq_length=LENGTH), Pooling(16, "mean")],
        prompts={"query": "ask : ", "document": ""},
        device="cpu",
    )
    model.save(str(out), create_model_card=False)
    return out


@pytest.fixture(scope="module")
def encoder(directory: Path) -> cpt_rag.Encoder:
    return cpt_rag.load_encoder(directory)


def test_it_knows_its_shape(encoder: cpt_rag.Encoder) -> None:
    assert isinstance(encoder, TransformerEncoder)
    assert encoder.dimension == 16
    assert encoder.max_tokens == LENGTH
    assert encoder.count_tokens("alpha beta") == 4  # with the two special tokens


def test_a_query_carries_its_prompt_and_a_document_none(
    encoder: cpt_rag.Encoder, directory: Path
) -> None:
    plain = SentenceTransformer(str(directory), device="cpu", local_files_only=True)
    for role, text in ((encoder.encode_query, "ask : alpha"), (encoder.encode_document, "alpha")):
        expected = plain.encode([text], prompt="", normalize_embeddings=True)
        np.testing.assert_allclose(role(["alpha"]), expected, atol=1e-6)


def test_vectors_are_unit_float32_rows(encoder: cpt_rag.Encoder) -> None:
    vectors = encoder.encode_document(["alpha", "beta gamma", "gamma"])
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_its_fingerprint_holds_pooling_and_prompts(encoder: cpt_rag.Encoder) -> None:
    assert encoder.fingerprint.pooling == "mean"
    assert encoder.fingerprint.prompts == {"query": "ask : "}


def test_a_collection_made_with_it_answers(
    encoder: cpt_rag.Encoder, directory: Path, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("alpha beta\n\ngamma gamma gamma\n", encoding="utf-8")
    store = tmp_path / "store"
    report = cpt_rag.ingest(tmp_path / "docs", collection="c", store=store, encoder=directory)
    assert report.chunks >= 1
    assert cpt_rag.search("gamma", collection="c", store=store)[0].path == "a.txt"
