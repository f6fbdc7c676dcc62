"""``CptEmbeddings`` passes LangChain's own suites, and gives cpt-rag's vectors."""

from __future__ import annotations

import asyncio

import numpy as np
from langchain_core.embeddings import Embeddings
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

import cpt_rag
from langchain_cpt import CptEmbeddings

TEXTS = ["def f():\n    return 1\n", "a line\nand another"]


class TestUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return CptEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, object]:
        return {}


class TestIntegration(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return CptEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, object]:
        return {}


def test_vectors_are_those_of_the_library_newlines_and_all(encoder: cpt_rag.Encoder) -> None:
    embeddings = CptEmbeddings()
    np.testing.assert_array_equal(
        np.array(embeddings.embed_documents(TEXTS)), encoder.encode_document(TEXTS)
    )
    np.testing.assert_array_equal(
        np.array(embeddings.embed_query(TEXTS[0])), encoder.encode_query(TEXTS[:1])[0]
    )


def test_the_event_loop_goes_on_while_texts_are_embedded() -> None:
    async def ticks() -> int:
        embedding = asyncio.ensure_future(CptEmbeddings().aembed_documents(TEXTS * 2000))
        count = 0
        while not embedding.done():
            await asyncio.sleep(0)
            count += 1
        await embedding
        return count

    assert asyncio.run(ticks()) > 10
