"""cpt-rag embeddings in LlamaIndex."""

from llama_index.embeddings.cpt.base import CptEmbedding
from llama_index.embeddings.cpt.encoder import as_encoder

__all__ = ["CptEmbedding", "as_encoder"]
