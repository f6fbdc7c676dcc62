"""cpt-rag collections in LlamaIndex."""

from llama_index.retrievers.cpt.base import CptRetriever

__all__ = ["CptRetriever"]
