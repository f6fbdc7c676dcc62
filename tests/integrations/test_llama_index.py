"""``CptEmbedding`` is a LlamaIndex component that gives cpt-rag's vectors."""

from __future__ import annotations

import asyncio

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.embeddings.cpt import CptEmbedding

import cpt_rag

TEXTS = ["def f():\n    return 1\n", "a line\nand another"]


def test_vectors_are_those_of_the_library_newlines_and_all(encoder: cpt_rag.Encoder) -> None:
    embedding = CptEmbedding(embed_batch_size=1)
    np.testing.assert_array_equal(
        np.array(embedding.get_text_embedding_batch(TEXTS)), encoder.encode_document(TEXTS)
    )
    np.testing.assert_array_equal(
        np.array(embedding.get_query_embedding(TEXTS[0])), encoder.encode_query(TEXTS[:1])[0]
    )


def test_async_gives_the_same_vectors() -> None:
    embedding = CptEmbedding()
    assert asyncio.run(embedding.aget_text_embedding_batch(TEXTS)) == (
        embedding.get_text_embedding_batch(TEXTS)
    )
    assert asyncio.run(embedding.aget_query_embedding(TEXTS[0])) == (
        embedding.get_query_embedding(TEXTS[0])
    )


def test_it_survives_serialisation() -> None:
    embedding = CptEmbedding(embed_batch_size=7)
    again = CptEmbedding.from_dict(embedding.to_dict())
    assert again.embed_batch_size == 7
    assert again.get_query_embedding("x") == embedding.get_query_embedding("x")


def test_it_is_a_base_embedding_under_its_own_name() -> None:
    names = {c.__name__ for c in CptEmbedding.__mro__}
    assert BaseEmbedding.__name__ in names
    assert CptEmbedding.class_name() == "CptEmbedding"
