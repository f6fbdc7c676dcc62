"""LangChain's ``BaseRetriever`` over ``cpt_rag.search``."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import InstanceOf, PrivateAttr

import cpt_rag
from langchain_cpt.documents import Filters, ranked
from langchain_cpt.opening import LateCollection

if TYPE_CHECKING:
    from typing_extensions import Self


class CptRetriever(BaseRetriever):
    """Hybrid, ranked search of a collection, as ``cpt_rag.search`` does it.

    The collection is opened with the first query and stays open until ``close`` or the end of a
    ``with`` block; a query after that opens it again. Each document's ``metadata`` are the stored
    ones (a chunk's path, lines, symbol, ...) and ``score``; its ``id`` is what
    ``CptVectorStore.get_by_ids`` takes. ``k`` and ``filters`` may also be given with a query:
    ``retriever.invoke("...", k=3)``.

    What ``cpt_rag.search`` raises comes through unchanged: ``InvalidInputError`` for an empty
    query, a ``k`` out of range or an unknown filter, ``CollectionNotFoundError``,
    ``IdentityMismatchError``, ``StoreError``.
    """

    collection: str | InstanceOf[cpt_rag.Collection]
    """What ``cpt-rag ingest`` filled, by name; or already open, and then the caller's to close."""

    store: str | Path | InstanceOf[cpt_rag.Store] | None = None
    """A folder, a server's URL, an open store, or None for the per-user folder."""

    k: int = 4
    """Documents at most."""

    filters: Filters | None = None
    """Language, kind, root, symbol, path or metadata.NAME to the value wanted, or several."""

    encoder: Any = None
    """Where not the one that made it: a name, a folder, an encoder or any ``Embeddings``."""

    weights: tuple[float, float] | None = None
    """Of the dense and the sparse ranking, where ``cpt-rag evaluate`` proposes some."""

    _late: LateCollection = PrivateAttr(default_factory=LateCollection)

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        k: int | None = None,
        filters: Filters | None = None,
    ) -> list[Document]:
        limit = self.k if k is None else k
        among = self.filters if filters is None else filters
        opened = self._late.get(self.collection, self.store, self.encoder)
        return ranked(query, opened, limit, among, self.weights)

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,
        k: int | None = None,
        filters: Filters | None = None,
    ) -> list[Document]:
        search = partial(self._get_relevant_documents, run_manager=run_manager.get_sync())
        return await asyncio.to_thread(search, query, k=k, filters=filters)

    def close(self) -> None:
        """Let go of the collection; does nothing where it is not open, or the caller's."""
        self._late.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
