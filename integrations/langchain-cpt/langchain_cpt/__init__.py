"""cpt-rag in LangChain."""

from langchain_cpt.embeddings import CptEmbeddings

__all__ = ["CptEmbeddings"]
