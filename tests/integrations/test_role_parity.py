"""One text in one role has one vector, whoever asks for it, for every shipped model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from llama_index.embeddings.cpt import CptEmbedding
from sentence_transformers import SentenceTransformer

import cpt_rag
from cpt_rag.encoders.presets import MODELS
from langchain_cpt import CptEmbeddings

SHIPPED = sorted(path.parent for path in MODELS.glob("*/modules.json"))
TEXTS = [
    "where are retries configured?",
    "def f(x):\n\n    if x:\n        return x\r\n\treturn getHTTPResponse(x)\n",
    "  Größe, ΟΔΟΣ, 数据库 \U0001f600 e\u0301  ",
]


def test_there_is_a_shipped_model() -> None:
    assert "cpt-static" in {path.name for path in SHIPPED}


@pytest.mark.parametrize("model", SHIPPED, ids=lambda path: path.name)
def test_a_query_has_one_vector(model: Path) -> None:
    ours = cpt_rag.load_encoder(model.name).encode_query(TEXTS)
    plain = SentenceTransformer(str(model), device="cpu", local_files_only=True)
    same_direction(ours, plain.encode_query(TEXTS))
    for embed in (CptEmbeddings(model.name).embed_query, CptEmbedding(model).get_query_embedding):
        same_direction(ours, [embed(text) for text in TEXTS])


@pytest.mark.parametrize("model", SHIPPED, ids=lambda path: path.name)
def test_a_document_has_one_vector(model: Path) -> None:
    ours = cpt_rag.load_encoder(model.name).encode_document(TEXTS)
    plain = SentenceTransformer(str(model), device="cpu", local_files_only=True)
    same_direction(ours, plain.encode_document(TEXTS))
    same_direction(ours, CptEmbeddings(model.name).embed_documents(TEXTS))
    same_direction(ours, CptEmbedding(model).get_text_embedding_batch(TEXTS))


def same_direction(ours: object, theirs: object) -> None:
    """Cosine at least .9999 for each text, and all of unit length."""
    one, other = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    assert one.shape == other.shape
    assert ((one * other).sum(axis=1) >= 0.9999).all()
    np.testing.assert_allclose(np.linalg.norm(other, axis=1), 1, atol=1e-4)
