"""LangChain's ``Embeddings`` over a cpt-rag encoder."""

from __future__ import annotations

import asyncio
from pathlib import Path

from langchain_core.embeddings import Embeddings

import cpt_rag


class CptEmbeddings(Embeddings):
    """Queries and documents in their own roles, text exactly as given.

    Args:
        encoder: a shipped model's name or a local sentence-transformers folder.

    Raises:
        cpt_rag.EncoderError: the name is unknown, or the folder is no usable model.
    """

    def __init__(self, encoder: str | Path = "cpt-static") -> None:
        self._encoder = cpt_rag.load_encoder(encoder)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One unit vector for each text, in the document role."""
        return [[float(x) for x in row] for row in self._encoder.encode_document(texts)]

    def embed_query(self, text: str) -> list[float]:
        """A unit vector in the query role."""
        return [float(x) for x in self._encoder.encode_query([text])[0]]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """``embed_documents`` in a thread, so that the event loop goes on."""
        return await asyncio.to_thread(self.embed_documents, texts)

    async def aembed_query(self, text: str) -> list[float]:
        """``embed_query`` in a thread, so that the event loop goes on."""
        return await asyncio.to_thread(self.embed_query, text)
