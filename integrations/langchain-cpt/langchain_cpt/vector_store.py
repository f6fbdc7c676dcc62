"""LangChain's ``VectorStore`` over a cpt-rag collection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore
from langchain_core.vectorstores.utils import maximal_marginal_relevance

import cpt_rag
from langchain_cpt.documents import Filters, ranked, to_document
from langchain_cpt.embeddings import CptEmbeddings
from langchain_cpt.opening import StoreLike, open_collection

if TYPE_CHECKING:
    from typing_extensions import Self

Filter = Mapping[str, Any]
Vector = np.ndarray[Any, np.dtype[np.float32]]


class CptVectorStore(VectorStore):
    """Texts under ids of the caller's own, in a collection that cpt-rag searches too.

    The collection is opened at once, and made where there is none. With ``CptEmbeddings``, or
    without ``embedding``, it is one that ``cpt-rag ingest`` can fill as well; any other
    ``Embeddings`` makes a collection of its own kind, which refuses all others.

    ``filter`` in every search is on metadata: ``{"team": "a", "year": [2024, 2025]}``;
    names are dotted where they are nested, values strings or whole numbers. Scores are cosines.
    The async methods run in threads, so that the event loop goes on. Close it, or use it in a
    ``with`` block.

    Args:
        collection: its name; or an open one, which stays the caller's to close.
        store: a folder, a server's URL, an open store, or None for the per-user folder.
        embedding: what embeds; None for the collection's own encoder, cpt-static in a new one.

    Raises:
        cpt_rag.IdentityMismatchError: the collection was made with another embedding.
        cpt_rag.InvalidInputError: an open collection came with a store or an embedding.
        cpt_rag.StoreError: the store is locked, corrupt or out of reach.
    """

    def __init__(
        self,
        collection: str | cpt_rag.Collection = "docs",
        store: StoreLike = None,
        embedding: Embeddings | None = None,
    ) -> None:
        self.collection, self._owned = open_collection(collection, store, embedding, create=True)
        self._documents = cpt_rag.Documents(self.collection)
        self._embedding = embedding or CptEmbeddings(self.collection.encoder)

    @property
    def embeddings(self) -> Embeddings:
        """What embeds texts and queries."""
        return self._embedding

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings | None = None,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        collection: str | cpt_rag.Collection = "docs",
        store: StoreLike = None,
        **kwargs: Any,
    ) -> Self:
        """A store with these texts; what the collection had stays.

        Raises:
            cpt_rag.CptRagError: as the constructor and ``add_texts`` do.
        """
        _refuse("from_texts", kwargs)
        made = cls(collection, store, embedding)
        try:
            made.add_texts(texts, metadatas, ids=ids)
        except BaseException:
            made.close()
            raise
        return made

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: Sequence[Mapping[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        batch_size: int | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Embed and write; a text whose id is there replaces what had it.

        Args:
            texts: none of them blank.
            metadatas: one for each text; JSON values.
            ids: one for each text; where there is none it is made from text and metadata.
            batch_size: of no effect: LangChain's indexer gives one, and the collection has its own.
            **kwargs: none.

        Returns:
            The ids, in order.

        Raises:
            cpt_rag.InvalidInputError: unequal lengths, an id that is no string or stands twice, a
                text that is blank or no string. Nothing was written.
            cpt_rag.InvalidPointError: metadata that are no JSON values.
        """
        _refuse("add_texts", kwargs)
        listed = texts if isinstance(texts, str) else list(texts)
        return self._documents.add(listed, metadatas, ids)

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The documents of these ids, in the order asked; missing ones are left out."""
        return [to_document(found) for found in self._documents.get(ids)]

    def delete(self, ids: Sequence[str] | None = None, **kwargs: Any) -> bool:
        """Remove documents by id; unknown ones are passed over.

        Raises:
            cpt_rag.InvalidInputError: no ids were given: nothing here empties a collection.
        """
        _refuse("delete", kwargs)
        if ids is None:
            raise cpt_rag.InvalidInputError(
                "delete was given no ids.",
                expected="a sequence of ids",
                remedy="to remove a whole collection: cpt-rag delete --collection "
                f"{self.collection.name}",
            )
        self._documents.delete(ids)
        return True

    def similarity_search(
        self,
        query: str,
        k: int = 4,
        filter: Filter | None = None,  # noqa: A002 - LangChain's name for it
        **kwargs: Any,
    ) -> list[Document]:
        """The ``k`` nearest to ``query``, best first."""
        found = self.similarity_search_with_score(query, k, filter, **kwargs)
        return [document for document, _ in found]

    def similarity_search_with_score(
        self,
        query: str,
        k: int = 4,
        filter: Filter | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[tuple[Document, float]]:
        """The ``k`` nearest to ``query`` with their cosines, best first."""
        _refuse("similarity_search", kwargs)
        found = self._documents.nearest(self._query(query), k, filter)
        return [(to_document(document), document.score) for document in found]

    def similarity_search_by_vector(
        self,
        embedding: Sequence[float],
        k: int = 4,
        filter: Filter | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[Document]:
        """The ``k`` nearest to a vector in the query role, best first.

        Raises:
            cpt_rag.InvalidPointError: the vector is of another dimension, zero or not finite.
        """
        _refuse("similarity_search_by_vector", kwargs)
        found = self._documents.nearest(np.asarray(embedding, np.float32), k, filter)
        return [to_document(document) for document in found]

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[Document]:
        """``k`` of the ``fetch_k`` nearest, near to ``query`` and far from each other."""
        return self.max_marginal_relevance_search_by_vector(
            self._query(query).tolist(), k, fetch_k, lambda_mult, filter, **kwargs
        )

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: Sequence[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[Document]:
        """``k`` of the ``fetch_k`` nearest, near to a vector and far from each other.

        Args:
            embedding: in the query role.
            k: documents at most.
            fetch_k: how many to choose among.
            lambda_mult: 1 counts nearness alone, 0 distance from each other alone.
            filter: metadata they must have.
            **kwargs: none.
        """
        _refuse("max_marginal_relevance_search", kwargs)
        vector = np.asarray(embedding, np.float32)
        nearest = self._documents.nearest(vector, max(k, fetch_k), filter, with_vectors=True)
        found = [document for document in nearest if document.vector is not None]
        vectors: list[Any] = [document.vector for document in found]
        chosen = maximal_marginal_relevance(vector, vectors, lambda_mult, k)
        return [to_document(found[place]) for place in chosen]

    def hybrid_search(
        self,
        query: str,
        k: int = 4,
        filter: Filter | None = None,  # noqa: A002
        filters: Filters | None = None,
    ) -> list[Document]:
        """The ``k`` best by meaning and by words, ranked as ``cpt_rag.search`` does, best first.

        Args:
            query: a question, a symbol, an error message.
            k: documents at most.
            filter: metadata they must have.
            filters: language, kind, root, symbol or path to the value wanted, or any of several.

        Returns:
            Documents whose metadata are the stored ones and ``score``.
        """
        own = {f"metadata.{name}": wanted for name, wanted in (filter or {}).items()}
        return ranked(query, self.collection, k, {**(filters or {}), **own})

    async def ahybrid_search(
        self,
        query: str,
        k: int = 4,
        filter: Filter | None = None,  # noqa: A002
        filters: Filters | None = None,
    ) -> list[Document]:
        """``hybrid_search`` in a thread, so that the event loop goes on."""
        return await asyncio.to_thread(self.hybrid_search, query, k, filter, filters)

    def close(self) -> None:
        """Let go of the collection, unless it is the caller's."""
        if self._owned:
            self.collection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return lambda cosine: min(max((cosine + 1) / 2, 0.0), 1.0)  # rounding goes over the edge

    def _query(self, query: str) -> Vector:
        vector: Vector = self.collection.encoder.encode_query([query])[0]
        return vector


def _refuse(method: str, kwargs: Mapping[str, object]) -> None:
    """LangChain passes on whatever it is given; what has no effect here is not taken."""
    if kwargs:
        raise cpt_rag.InvalidInputError(
            f"{method} was given {', '.join(sorted(kwargs))}.",
            expected="the arguments in its signature",
            remedy="leave it out",
        )
