"""The fast runtime gives the vectors of the plain model, for any text."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

import cpt_rag
from cpt_rag.encoders.presets import MODELS
from cpt_rag.encoders.static import BLOCK_CHARACTERS, PIECE_TOKENS, StaticEncoder

DIRECTORY = MODELS / "cpt-static"
SAMPLES = [
    "def area(radius):\n    return math.pi * radius ** 2\n",
    "HTTPServer handles getURLName requests on port 8080",
    "Größe überprüfen, naïve café, ΟΔΟΣ, İstanbul",
    "数据库连接失败 \U0001f600 e\u0301",
    "=" * 300 + "a" * 300,
    "\tif (x != null && y >= 0x1F) { return; }",
]


@pytest.fixture(scope="module")
def fast() -> cpt_rag.Encoder:
    return cpt_rag.load_encoder("cpt-static")


@pytest.fixture(scope="module")
def plain() -> SentenceTransformer:
    return SentenceTransformer(str(DIRECTORY), device="cpu", local_files_only=True)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(DIRECTORY / "tokenizer.json"))


def test_the_shipped_model_runs_without_torch(fast: cpt_rag.Encoder) -> None:
    assert isinstance(fast, StaticEncoder)


def test_vectors_are_unit_float32_rows(fast: cpt_rag.Encoder) -> None:
    vectors = fast.encode_document(SAMPLES)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(SAMPLES), fast.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(fast: cpt_rag.Encoder) -> None:
    assert fast.encode_document([]).shape == (0, fast.dimension)


@settings(max_examples=200)
@given(text=st.text(st.characters(codec="utf-8"), min_size=1))
def test_ids_are_those_of_the_tokenizers_library(
    fast: StaticEncoder, tokenizer: Tokenizer, text: str
) -> None:
    assert fast.token_ids(text) == tokenizer.encode(text, add_special_tokens=False).ids


def test_ids_agree_on_every_assigned_code_point(fast: StaticEncoder, tokenizer: Tokenizer) -> None:
    characters = [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000]
    random.Random(0).shuffle(characters)
    for start in range(0, len(characters), 1000):
        text = "".join(characters[start : start + 1000])
        assert fast.token_ids(text) == tokenizer.encode(text, add_special_tokens=False).ids


def test_ids_agree_on_real_code(fast: StaticEncoder, tokenizer: Tokenizer) -> None:
    for path in sorted(Path(cpt_rag.__file__).parent.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert fast.token_ids(text) == tokenizer.encode(text, add_special_tokens=False).ids


def test_vectors_are_those_of_sentence_transformers(
    fast: cpt_rag.Encoder, plain: SentenceTransformer
) -> None:
    expected = plain.encode(SAMPLES, normalize_embeddings=True)
    for role in (fast.encode_query, fast.encode_document):
        cosines = (role(SAMPLES) * expected).sum(axis=1)
        assert cosines.min() >= 0.9999


@settings(max_examples=100)
@given(texts=st.lists(st.text(min_size=1).filter(str.strip), max_size=8))
def test_a_texts_vector_does_not_depend_on_its_neighbours(
    fast: StaticEncoder, texts: list[str]
) -> None:
    texts = [f"{text} A" for text in texts] + ["A", "\ud83d", "\ude00", "("]
    alone = np.concatenate([fast.encode_document([text]) for text in texts])
    np.testing.assert_allclose(fast.encode_document(texts), alone, atol=1e-6)


def test_many_and_very_long_texts_have_the_vectors_of_sentence_transformers(
    fast: cpt_rag.Encoder, plain: SentenceTransformer
) -> None:
    texts = [f"{number} {sample}" for number in range(500) for sample in SAMPLES]
    texts += [" ".join(texts), "end"]
    assert fast.count_tokens(texts[-2]) > 2 * PIECE_TOKENS
    assert sum(map(len, texts)) > 3 * BLOCK_CHARACTERS
    expected = plain.encode(texts, normalize_embeddings=True)
    assert (fast.encode_document(texts) * expected).sum(axis=1).min() >= 0.9999


def test_count_tokens_counts_repeated_words_too(fast: StaticEncoder) -> None:
    once = "def area(radius): return pi"
    assert fast.count_tokens(once) == len(fast.token_ids(once))
    assert fast.count_tokens(f"{once}\n{once}") == 2 * fast.count_tokens(once)


@pytest.mark.parametrize("blank", ["", "  \n\t"])
def test_a_blank_text_is_refused_by_its_place(fast: cpt_rag.Encoder, blank: str) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="Text 2 of 3 is empty"):
        fast.encode_document(["a", blank, "b"])
