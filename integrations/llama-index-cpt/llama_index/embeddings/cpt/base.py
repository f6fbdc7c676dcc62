"""LlamaIndex's ``BaseEmbedding`` over a cpt-rag encoder."""

from __future__ import annotations

import asyncio
from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding, Embedding
from llama_index.core.bridge.pydantic import PrivateAttr

import cpt_rag


class CptEmbedding(BaseEmbedding):
    """Queries and documents in their own roles, text exactly as given.

    Args:
        model_name: a shipped model's name or a local sentence-transformers folder.
        kwargs: fields of ``BaseEmbedding``, such as ``embed_batch_size``.

    Raises:
        cpt_rag.EncoderError: the name is unknown, or the folder is no usable model.
    """

    _encoder: cpt_rag.Encoder = PrivateAttr()

    def __init__(self, model_name: str = "cpt-static", **kwargs: Any) -> None:
        super().__init__(model_name=model_name, **kwargs)
        self._encoder = cpt_rag.load_encoder(model_name)

    @classmethod
    def class_name(cls) -> str:
        """Name under which the component is serialised."""
        return "CptEmbedding"

    def _get_query_embedding(self, query: str) -> Embedding:
        return [float(x) for x in self._encoder.encode_query([query])[0]]

    def _get_text_embedding(self, text: str) -> Embedding:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[Embedding]:
        return [[float(x) for x in row] for row in self._encoder.encode_document(texts)]

    async def _aget_query_embedding(self, query: str) -> Embedding:
        return await asyncio.to_thread(self._get_query_embedding, query)

    async def _aget_text_embedding(self, text: str) -> Embedding:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[Embedding]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)
