"""``CptSparseEmbeddings`` gives langchain-qdrant's hybrid mode cpt-rag's words."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_qdrant import QdrantVectorStore, RetrievalMode
from langchain_qdrant.sparse_embeddings import SparseEmbeddings, SparseVector
from qdrant_client import QdrantClient, models

import cpt_rag
from cpt_rag.qdrant import ServerStore
from langchain_cpt import CptEmbeddings, CptSparseEmbeddings

TEXTS = [
    "def getUserName(account): ...",
    "def parse_invoice(path): ...",
    "The nightly job captures payments.",
    "Carts expire after a day.",
    "+-*/ {}",
]


def hybrid(mode: RetrievalMode = RetrievalMode.HYBRID) -> QdrantVectorStore:
    """langchain-qdrant's own store; its dense vectors know nothing."""
    return QdrantVectorStore.from_texts(
        TEXTS,
        DeterministicFakeEmbedding(size=16),
        location=":memory:",
        retrieval_mode=mode,
        sparse_embedding=CptSparseEmbeddings(),
        sparse_vector_params={"modifier": models.Modifier.IDF},
    )


def test_its_vectors_are_those_of_the_library() -> None:
    embeddings = CptSparseEmbeddings()
    assert isinstance(embeddings, SparseEmbeddings)
    for text, vector in zip(TEXTS[:4], embeddings.embed_documents(TEXTS[:4]), strict=True):
        own = cpt_rag.bm25.document_vector(text)
        assert own is not None
        assert vector == SparseVector(indices=list(own.indices), values=list(own.values))
    asked = cpt_rag.bm25.query_vector(TEXTS[0])
    assert asked is not None
    assert embeddings.embed_query(TEXTS[0]).indices == list(asked.indices)


def test_async_gives_the_same() -> None:
    embeddings = CptSparseEmbeddings()
    assert asyncio.run(embeddings.aembed_documents(TEXTS)) == embeddings.embed_documents(TEXTS)
    assert asyncio.run(embeddings.aembed_query("a b")) == embeddings.embed_query("a b")


def test_a_text_without_words_has_no_terms_and_finds_nothing() -> None:
    embeddings = CptSparseEmbeddings()
    empty = SparseVector(indices=[], values=[])
    assert embeddings.embed_documents(["{}", "a"])[0] == empty
    assert embeddings.embed_query("?!") == empty
    assert hybrid(RetrievalMode.SPARSE).similarity_search("?!") == []


@pytest.mark.parametrize("query", ["get_user_name", "user name"])
def test_an_identifier_is_found_by_its_words_where_dense_alone_does_not(query: str) -> None:
    dense = hybrid(RetrievalMode.DENSE).similarity_search(query, k=1)
    assert dense[0].page_content != TEXTS[0]
    found = hybrid().similarity_search(query, k=2)
    assert TEXTS[0] in [document.page_content for document in found]


def test_langchain_qdrant_searches_what_cpt_rag_ingested(project: Path) -> None:
    client = QdrantClient(":memory:")
    cpt_rag.ingest(project, collection="shop", store=ServerStore(client))
    store = QdrantVectorStore(
        client,
        "shop",
        CptEmbeddings(),
        retrieval_mode=RetrievalMode.HYBRID,
        vector_name="dense",
        sparse_embedding=CptSparseEmbeddings(),
        sparse_vector_name="bm25",
    )
    (found,) = store.similarity_search("addItem", k=1)
    assert found.metadata["path"] == "shop/cart.py"
    assert "def add_item" in found.page_content
    client.close()


def test_without_langchain_qdrant_the_rest_works_and_the_error_names_the_extra() -> None:
    script = (
        "import sys; sys.modules['langchain_qdrant'] = None\n"
        "import langchain_cpt, cpt_rag\n"
        "try: langchain_cpt.CptSparseEmbeddings\n"
        "except cpt_rag.MissingExtraError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert 'pip install "langchain-cpt[qdrant]"' in done.stdout, done.stderr


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    import langchain_cpt

    with pytest.raises(AttributeError, match="CptSomething"):
        langchain_cpt.CptSomething  # noqa: B018
