"""LlamaIndex's ``BaseEmbedding`` over a cpt-rag encoder."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding, Embedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.embeddings.cpt.named import NamedEncoder

import cpt_rag


class CptEmbedding(BaseEmbedding):
    """Queries and documents in their own roles, text exactly as given.

    Args:
        model_name: a shipped model's name or a local sentence-transformers folder.
        kwargs: fields of ``BaseEmbedding``, such as ``embed_batch_size``.

    Raises:
        cpt_rag.EncoderError: the name is unknown, or the folder is no usable model.
        cpt_rag.MissingExtraError: the model needs torch, which the core leaves out.
        cpt_rag.InvalidInputError: an ``embeddings_cache`` for a model whose roles differ.
    """

    _named: NamedEncoder = PrivateAttr()

    def __init__(self, model_name: str | Path = "cpt-static", **kwargs: Any) -> None:
        super().__init__(model_name=str(model_name), **kwargs)
        self._named = NamedEncoder(self.model_name)
        encoder = self._named.load()
        if self.embeddings_cache is not None and _has_roles(encoder):
            raise cpt_rag.InvalidInputError(
                f"embeddings_cache is given, and {self.model_name} tells queries from documents.",
                expected="no cache: it keeps one vector for a text, whichever its role",
                remedy="leave embeddings_cache out",
            )

    @classmethod
    def class_name(cls) -> str:
        """Name under which the component is serialised."""
        return "CptEmbedding"

    @property
    def encoder(self) -> cpt_rag.Encoder:
        """The encoder whose vectors these are."""
        return self._named.load()

    def _get_query_embedding(self, query: str) -> Embedding:
        return [float(x) for x in self.encoder.encode_query([query])[0]]

    def _get_text_embedding(self, text: str) -> Embedding:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[Embedding]:
        return [[float(x) for x in row] for row in self.encoder.encode_document(texts)]

    async def _aget_query_embedding(self, query: str) -> Embedding:
        return await asyncio.to_thread(self._get_query_embedding, query)

    async def _aget_text_embedding(self, text: str) -> Embedding:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[Embedding]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)


def _has_roles(encoder: cpt_rag.Encoder) -> bool:
    """Whether one text has two vectors."""
    text = ["Is this a question?"]
    return bool((encoder.encode_query(text) != encoder.encode_document(text)).any())
