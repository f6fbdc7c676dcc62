"""cpt-rag embeddings in LlamaIndex."""

from llama_index.embeddings.cpt.base import CptEmbedding

__all__ = ["CptEmbedding"]
