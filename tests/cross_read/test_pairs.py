"""Whoever wrote a collection, every reader finds the answer in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from langchain_qdrant import RetrievalMode
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores import (
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryResult,
)
from llama_index.core.vector_stores.types import VectorStoreQueryMode
from llama_index.vector_stores.qdrant import QdrantVectorStore as NodeStore
from qdrant_client import AsyncQdrantClient, QdrantClient, models

import cpt_rag
from cpt_rag.qdrant import ServerStore
from tests.cross_read.writers import (
    ANSWER,
    COLLECTION,
    ENCODER,
    METADATAS,
    NODES,
    OURS,
    TEXTS,
    THEIRS,
    Written,
    langchain_store,
    node_store,
)

QUESTION = "when is a credit card charged?"
EVERY = len(TEXTS) + 20

Reader = Callable[[QdrantClient, Written], list[str]]


def read_cpt_rag(client: QdrantClient, written: Written) -> list[str]:
    store = ServerStore(client)
    with cpt_rag.open_collection(COLLECTION, store, encoder=ENCODER) as collection:
        return [hit.text for hit in cpt_rag.search(QUESTION, collection=collection, limit=EVERY)]


def read_langchain(client: QdrantClient, written: Written) -> list[str]:
    store = langchain_store(client, written, RetrievalMode.DENSE)
    return [found.page_content for found in store.similarity_search(QUESTION, k=EVERY)]


def read_langchain_async(client: QdrantClient, written: Written) -> list[str]:
    store = langchain_store(client, written, RetrievalMode.DENSE)
    found = asyncio.run(store.asimilarity_search(QUESTION, k=EVERY))
    return [one.page_content for one in found]


def read_langchain_hybrid(client: QdrantClient, written: Written) -> list[str]:
    store = langchain_store(client, written, RetrievalMode.HYBRID)
    return [found.page_content for found in store.similarity_search(QUESTION, k=EVERY)]


def _asked(mode: VectorStoreQueryMode = VectorStoreQueryMode.DEFAULT) -> VectorStoreQuery:
    vector = ENCODER.encode_query([QUESTION])[0].tolist()
    return VectorStoreQuery(
        query_embedding=vector,
        query_str=QUESTION,
        similarity_top_k=EVERY,
        sparse_top_k=EVERY,
        hybrid_top_k=EVERY,
        mode=mode,
    )


def _contents(result: VectorStoreQueryResult) -> list[str]:
    return [node.get_content() for node in result.nodes or ()]


def read_llama_index(client: QdrantClient, written: Written) -> list[str]:
    return _contents(node_store(client, written).query(_asked()))


def read_llama_index_async(client: QdrantClient, written: Written) -> list[str]:
    aclient = AsyncQdrantClient(":memory:")
    # Two clients in local mode share nothing by themselves, as two of one server do.
    aclient._client.collections = client._client.collections  # type: ignore[attr-defined]
    aclient._client.aliases = client._client.aliases  # type: ignore[attr-defined]
    store = NodeStore(
        COLLECTION,
        aclient=aclient,
        text_key=written.text,
        dense_vector_name=written.vector,
    )
    return _contents(asyncio.run(store.aquery(_asked())))


def read_llama_index_hybrid(client: QdrantClient, written: Written) -> list[str]:
    store = node_store(client, written, hybrid=True)
    return _contents(store.query(_asked(VectorStoreQueryMode.HYBRID)))


def read_bare(client: QdrantClient, written: Written) -> list[str]:
    vector = ENCODER.encode_query([QUESTION])[0].tolist()
    found = client.query_points(COLLECTION, query=vector, using=written.vector or None, limit=EVERY)
    payloads = [hit.payload or {} for hit in found.points]
    return [p.get(written.text) or json.loads(p["_node_content"])["text"] for p in payloads]


READERS: dict[str, Reader] = {
    "cpt_rag": read_cpt_rag,
    "langchain": read_langchain,
    "langchain_async": read_langchain_async,
    "llama_index": read_llama_index,
    "llama_index_async": read_llama_index_async,
    "bare": read_bare,
}
HYBRID: dict[str, Reader] = {
    "langchain": read_langchain_hybrid,
    "llama_index": read_llama_index_hybrid,
}
WITH_WORDS = (*OURS, "langchain_hybrid")
# Of the pairs of others, LangChain alone cannot: a text inside a node's JSON is no field of its.
PAIRS = [
    (writer, reader)
    for writer in (*OURS, *THEIRS)
    for reader in READERS
    if not (writer in NODES and reader.startswith("langchain"))
]


@pytest.mark.parametrize(("writer", "reader"), PAIRS)
def test_a_reader_finds_the_answer_first_and_nothing_but_texts(
    client: QdrantClient, tmp_path: Path, writer: str, reader: str
) -> None:
    written = {**OURS, **THEIRS}[writer](client, tmp_path / "shop")
    texts = READERS[reader](client, written)
    assert texts[0] == ANSWER
    assert sorted(texts) == sorted(TEXTS)


@pytest.mark.parametrize("reader", HYBRID)
@pytest.mark.parametrize("writer", WITH_WORDS)
def test_a_hybrid_reader_uses_the_term_weights(
    client: QdrantClient, tmp_path: Path, writer: str, reader: str
) -> None:
    written = {**OURS, **THEIRS}[writer](client, tmp_path / "shop")
    texts = HYBRID[reader](client, written)
    assert texts[0] == ANSWER
    assert sorted(texts) == sorted(TEXTS)


@pytest.mark.parametrize("writer", THEIRS)
def test_unasked_the_encoder_is_known_by_its_vectors_and_metadata_are_as_written(
    client: QdrantClient, tmp_path: Path, writer: str
) -> None:
    THEIRS[writer](client, tmp_path)
    with cpt_rag.open_collection(COLLECTION, ServerStore(client)) as collection:
        assert (collection.foreign, collection.lexical) == (True, False)
        hits = cpt_rag.search(QUESTION, collection=collection)
    assert hits[0].metadata == METADATAS[0]
    assert hits[0].path == METADATAS[0]["source"]


def test_a_bare_scroll_sees_one_record_for_each_file_and_folder_and_can_leave_them_out(
    client: QdrantClient, tmp_path: Path
) -> None:
    OURS["ingest"](client, tmp_path / "shop")
    records, _ = client.scroll(COLLECTION, limit=EVERY, with_vectors=True)
    without_text = [record for record in records if "page_content" not in (record.payload or {})]
    assert len(records) - len(without_text) == len(TEXTS)
    assert {(record.payload or {})["_cpt"]["kind"] for record in without_text} == {"file", "root"}
    assert all(not record.vector for record in without_text)
    chunks = models.FieldCondition(key="_cpt.kind", match=models.MatchValue(value="chunk"))
    kept, _ = client.scroll(COLLECTION, models.Filter(must=[chunks]), limit=EVERY)
    assert len(kept) == len(TEXTS)


def test_llama_index_lists_the_nodes_of_an_ingested_folder_by_their_kind(
    client: QdrantClient, tmp_path: Path
) -> None:
    written = OURS["ingest"](client, tmp_path / "shop")
    chunks = MetadataFilters(filters=[MetadataFilter(key="_cpt.kind", value="chunk")])
    nodes: list[BaseNode] = node_store(client, written).get_nodes(filters=chunks)
    assert sorted(node.get_content() for node in nodes) == sorted(TEXTS)
