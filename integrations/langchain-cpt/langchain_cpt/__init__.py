"""cpt-rag in LangChain: embeddings, a retriever, a vector store and a splitter, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_cpt.embeddings import CptEmbeddings
from langchain_cpt.retriever import CptRetriever
from langchain_cpt.splitter import CptTextSplitter
from langchain_cpt.vector_store import CptVectorStore

if TYPE_CHECKING:
    from langchain_cpt.sparse import CptSparseEmbeddings

__all__ = [
    "CptEmbeddings",
    "CptRetriever",
    "CptSparseEmbeddings",
    "CptTextSplitter",
    "CptVectorStore",
]


def __getattr__(name: str) -> object:
    if name == "CptSparseEmbeddings":  # its base class is langchain-qdrant's, which is an extra
        from langchain_cpt.sparse import CptSparseEmbeddings

        return CptSparseEmbeddings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
