"""LlamaIndex's ``BaseRetriever`` over a cpt-rag collection."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import NodeWithScore, QueryBundle
from llama_index.core.vector_stores.types import MetadataFilters
from llama_index.embeddings.cpt import as_encoder
from llama_index.retrievers.cpt.filters import Filters, as_mapping
from llama_index.retrievers.cpt.nodes import to_node

import cpt_rag

if TYPE_CHECKING:
    from llama_index.core.callbacks import CallbackManager
    from typing_extensions import Self


class CptRetriever(BaseRetriever):
    """The best chunks of a collection, by vectors and words together, ranked for code.

    It searches by the query's text alone: vectors and further texts in the ``QueryBundle`` are not
    read. A collection given by name is opened with the first query and stays open until ``close``,
    or the end of the ``with`` block.

    Args:
        collection: what ``cpt_rag.ingest`` filled, by name, or already open.
        store: a folder, a server's URL, or None for the per-user folder.
        similarity_top_k: nodes at most.
        filters: as ``cpt_rag.search`` takes them, ``{"language": ["go", "rust"], "path":
            "src/"}``, or the same as ``MetadataFilters`` of EQ and IN, joined by AND.
        encoder: only where the encoder that made the collection has moved, or was LlamaIndex's:
            a name, a path, or a ``BaseEmbedding``.
        weights: of the dense and the sparse ranking, where ``cpt-rag evaluate`` proposes some.
        callback_manager: told of queries and nodes.

    Raises:
        cpt_rag.InvalidInputError: filters that cannot be put to a collection, a store or an
            encoder beside an open one; from a query, what ``cpt_rag.search`` refuses.
        cpt_rag.CptRagError: from a query, what ``cpt_rag.open_collection`` raises.
    """

    def __init__(
        self,
        collection: str | cpt_rag.Collection,
        store: str | Path | None = None,
        similarity_top_k: int = 10,
        filters: Filters | MetadataFilters | None = None,
        encoder: str | Path | BaseEmbedding | None = None,
        weights: tuple[float, float] | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        if isinstance(collection, cpt_rag.Collection) and (store, encoder) != (None, None):
            raise cpt_rag.InvalidInputError(
                "A store or an encoder is given with a collection that is open.",
                expected="those with a collection's name",
                remedy="leave them out: an open collection has both",
            )
        self.similarity_top_k = similarity_top_k
        self._collection = collection
        self._store = store
        self._filters = as_mapping(filters) if isinstance(filters, MetadataFilters) else filters
        self._encoder = as_encoder(encoder) if isinstance(encoder, BaseEmbedding) else encoder
        self._weights = weights
        self._opened: cpt_rag.Collection | None = None
        self._opening = threading.Lock()
        super().__init__(callback_manager=callback_manager)

    def close(self) -> None:
        """Let go of the collection, unless it was given open; the next query opens it again."""
        with self._opening:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = cpt_rag.search(
            query_bundle.query_str,
            collection=self._open(),
            limit=self.similarity_top_k,
            filters=self._filters,
            weights=self._weights,
        )
        return [NodeWithScore(node=to_node(hit), score=hit.score) for hit in hits]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)

    def _open(self) -> cpt_rag.Collection:
        if isinstance(self._collection, cpt_rag.Collection):
            return self._collection
        with self._opening:
            if self._opened is None:
                self._opened = cpt_rag.open_collection(
                    self._collection, self._store, encoder=self._encoder
                )
            return self._opened
