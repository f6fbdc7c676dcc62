"""Five texts, and the ways in which programs write them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from langchain_qdrant import QdrantVectorStore, RetrievalMode
from langchain_qdrant.sparse_embeddings import SparseEmbeddings, SparseVector
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.schema import TextNode
from llama_index.embeddings.cpt import CptEmbedding
from llama_index.vector_stores.qdrant import QdrantVectorStore as NodeStore
from qdrant_client import QdrantClient, models

import cpt_rag
from cpt_rag.qdrant import ServerStore
from langchain_cpt import CptEmbeddings

COLLECTION = "notes"
ENCODER = cpt_rag.load_encoder()
_LANGCHAIN, _LLAMA_INDEX = CptEmbeddings(), CptEmbedding()  # loaded once, as a program would
ANSWER = "Cards are charged once an order is packed."
TEXTS = [
    ANSWER,
    "Totals are the sum of the prices of all items.",
    "Receipts go to the customer by mail, one for each parcel.",
    "Passwords are hashed with argon2 before they are stored.",
    "The warehouse counts its stock every Monday.",
]
METADATAS = [
    {"source": f"docs/{topic}.md", "topic": topic}
    for topic in ("payment", "cart", "mail", "login", "stock")
]


@dataclass(frozen=True)
class Written:
    """Where a writer put things: the arguments that a reader must know."""

    vector: str = ""
    text: str = "page_content"
    metadata: str = "metadata"
    sparse: str | None = None
    distance: models.Distance = models.Distance.COSINE


class Bm25(SparseEmbeddings):
    """cpt-rag's term weights for LangChain's hybrid store."""

    def embed_documents(self, texts: list[str]) -> list[SparseVector]:
        return [_sparse(cpt_rag.bm25.document_vector(text)) for text in texts]

    def embed_query(self, text: str) -> SparseVector:
        return _sparse(cpt_rag.bm25.query_vector(text))


def _sparse(vector: cpt_rag.SparseVector | None) -> SparseVector:
    assert vector is not None
    return SparseVector(indices=list(vector.indices), values=list(vector.values))


def sparse_vectors(texts: list[str]) -> tuple[list[list[int]], list[list[float]]]:
    """The same for LlamaIndex's."""
    made = Bm25().embed_documents(texts)
    return [one.indices for one in made], [one.values for one in made]


def write_ingest(client: QdrantClient, folder: Path) -> Written:
    for text, metadata in zip(TEXTS, METADATAS, strict=True):
        path = folder / metadata["source"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    cpt_rag.ingest(folder, collection=COLLECTION, store=ServerStore(client), encoder=ENCODER)
    return Written("dense", sparse="bm25")


def write_documents(client: QdrantClient, folder: Path) -> Written:
    store = ServerStore(client)
    with cpt_rag.open_collection(COLLECTION, store, encoder=ENCODER, create=True) as collection:
        cpt_rag.Documents(collection).add(TEXTS, METADATAS)
    return Written("dense", sparse="bm25")


def _langchain(client: QdrantClient, written: Written) -> Written:
    size = {
        written.vector: models.VectorParams(size=ENCODER.dimension, distance=models.Distance.COSINE)
    }
    sparse = models.SparseVectorParams(modifier=models.Modifier.IDF)
    client.create_collection(
        COLLECTION,
        vectors_config=size if written.vector else size[""],
        sparse_vectors_config={written.sparse: sparse} if written.sparse else None,
    )
    langchain_store(client, written).add_texts(TEXTS, METADATAS)
    return written


def langchain_store(
    client: QdrantClient, written: Written, mode: RetrievalMode | None = None
) -> QdrantVectorStore:
    """LangChain's store with the arguments that fit what was written."""
    hybrid = RetrievalMode.HYBRID if written.sparse else RetrievalMode.DENSE
    return QdrantVectorStore(
        client,
        COLLECTION,
        _LANGCHAIN,
        retrieval_mode=mode or hybrid,
        vector_name=written.vector,
        content_payload_key=written.text,
        metadata_payload_key=written.metadata,
        distance=written.distance,
        sparse_embedding=Bm25() if written.sparse else None,
        sparse_vector_name=written.sparse or "",
    )


def write_langchain(client: QdrantClient, folder: Path) -> Written:
    return _langchain(client, Written())


def write_langchain_named(client: QdrantClient, folder: Path) -> Written:
    return _langchain(client, Written("prose"))


def write_langchain_keys(client: QdrantClient, folder: Path) -> Written:
    return _langchain(client, Written(text="passage_text", metadata="about"))


def write_langchain_hybrid(client: QdrantClient, folder: Path) -> Written:
    return _langchain(client, Written("prose", sparse="words"))


def node_store(client: QdrantClient, written: Written, hybrid: bool = False) -> NodeStore:
    """LlamaIndex's store with the arguments that fit what was written."""
    return NodeStore(
        COLLECTION,
        client=client,
        text_key=written.text,
        dense_vector_name=written.vector,
        sparse_vector_name=written.sparse,
        enable_hybrid=hybrid,
        sparse_doc_fn=sparse_vectors if hybrid else None,
        sparse_query_fn=sparse_vectors if hybrid else None,
    )


def _nodes(client: QdrantClient, written: Written, hybrid: bool) -> Written:
    nodes = [
        TextNode(text=text, metadata=metadata, excluded_embed_metadata_keys=["source"])
        for text, metadata in zip(TEXTS, METADATAS, strict=True)
    ]
    storage = StorageContext.from_defaults(vector_store=node_store(client, written, hybrid))
    VectorStoreIndex(nodes, storage_context=storage, embed_model=_LLAMA_INDEX)
    return written


def write_llama_index(client: QdrantClient, folder: Path) -> Written:
    return _nodes(client, Written(text="text"), hybrid=False)


def write_llama_index_hybrid(client: QdrantClient, folder: Path) -> Written:
    return _nodes(client, Written("text-dense", "text", sparse="text-sparse-new"), hybrid=True)


def write_bare(client: QdrantClient, folder: Path, name: str = COLLECTION) -> Written:
    vectors = ENCODER.encode_document(TEXTS)
    client.create_collection(
        name,
        vectors_config=models.VectorParams(size=ENCODER.dimension, distance=models.Distance.DOT),
    )
    rows = zip(TEXTS, METADATAS, vectors, strict=True)
    points = [
        models.PointStruct(id=number, vector=vector.tolist(), payload={"body": text, **metadata})
        for number, (text, metadata, vector) in enumerate(rows, 1)
    ]
    client.upsert(name, points)
    return Written(text="body", distance=models.Distance.DOT)


OURS: dict[str, Callable[[QdrantClient, Path], Written]] = {
    "ingest": write_ingest,
    "documents": write_documents,
}
NODES = {"llama_index": write_llama_index, "llama_index_hybrid": write_llama_index_hybrid}
THEIRS: dict[str, Callable[[QdrantClient, Path], Written]] = {
    "langchain": write_langchain,
    "langchain_named": write_langchain_named,
    "langchain_keys": write_langchain_keys,
    "langchain_hybrid": write_langchain_hybrid,
    **NODES,
    "bare": write_bare,
}
