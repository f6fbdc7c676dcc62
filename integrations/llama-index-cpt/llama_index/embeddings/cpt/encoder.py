"""Any LlamaIndex embedding model as a cpt-rag encoder."""

from __future__ import annotations

from collections.abc import Sequence

from llama_index.core.base.embeddings.base import BaseEmbedding, Embedding
from llama_index.embeddings.cpt.base import CptEmbedding

import cpt_rag


def as_encoder(embedding: BaseEmbedding) -> cpt_rag.Encoder:
    """What ``cpt_rag.ingest`` and ``cpt_rag.search`` take as ``encoder``.

    A ``CptEmbedding`` gives its own encoder. Any other model is known to a collection by its
    class, its ``model_name`` and its vector of one text.
    """
    if isinstance(embedding, CptEmbedding):
        return embedding.encoder
    kind = type(embedding)

    def documents(texts: Sequence[str]) -> list[Embedding]:
        return embedding.get_text_embedding_batch(list(texts))

    def queries(texts: Sequence[str]) -> list[Embedding]:
        return [embedding.get_query_embedding(text) for text in texts]

    return cpt_rag.ForeignEncoder(
        f"{kind.__module__}.{kind.__qualname__}/{embedding.model_name}", documents, queries
    )
