"""Which encoder and which collection are meant, of all the forms that a caller may give them in."""

from __future__ import annotations

import threading
from pathlib import Path

from langchain_core.embeddings import Embeddings

import cpt_rag
from langchain_cpt.embeddings import CptEmbeddings

EncoderLike = str | Path | cpt_rag.Encoder | Embeddings
StoreLike = str | Path | cpt_rag.Store | None


def as_encoder(given: EncoderLike) -> str | Path | cpt_rag.Encoder:
    """What cpt-rag takes for an encoder.

    A LangChain ``Embeddings`` of another kind becomes a ``cpt_rag.ForeignEncoder``, which a
    collection knows by the class's and its model's name and by its vector of one fixed text.
    """
    if isinstance(given, CptEmbeddings):
        return given.encoder
    if not isinstance(given, Embeddings):
        return given
    embeddings = given
    return cpt_rag.ForeignEncoder(
        _name(embeddings),
        documents=lambda texts: embeddings.embed_documents(list(texts)),
        queries=lambda texts: [embeddings.embed_query(text) for text in texts],
    )


def open_collection(
    collection: str | cpt_rag.Collection,
    store: StoreLike,
    encoder: EncoderLike | None,
    *,
    create: bool = False,
) -> tuple[cpt_rag.Collection, bool]:
    """The open collection, and whether it is ours to close.

    Raises:
        cpt_rag.InvalidInputError: an open collection was given with a store or encoder, which
            would count for nothing.
        cpt_rag.CptRagError: as ``cpt_rag.open_collection`` does.
    """
    if isinstance(collection, str):
        own = None if encoder is None else as_encoder(encoder)
        return cpt_rag.open_collection(collection, store, encoder=own, create=create), True
    if store is not None or encoder is not None:
        raise cpt_rag.InvalidInputError(
            f"The collection {collection.name!r} is open, and a store or encoder came with it.",
            expected="an open collection alone, since it has both",
            remedy="leave them out, or give the collection by its name",
        )
    return collection, False


class LateCollection:
    """A collection that is opened when it is first asked for; a copy opens it for itself."""

    def __init__(self) -> None:
        self._opening = threading.Lock()
        self._opened: tuple[cpt_rag.Collection, bool] | None = None

    def get(
        self,
        collection: str | cpt_rag.Collection,
        store: StoreLike,
        encoder: EncoderLike | None,
    ) -> cpt_rag.Collection:
        """The open collection, of which there is one however many threads ask."""
        with self._opening:
            if self._opened is None:
                self._opened = open_collection(collection, store, encoder)
            return self._opened[0]

    def close(self) -> None:
        """Let go of it; does nothing where it is not open, or the caller's."""
        with self._opening:
            opened, self._opened = self._opened, None
        if opened is not None and opened[1]:
            opened[0].close()

    def __reduce__(self) -> tuple[type[LateCollection], tuple[()]]:
        return LateCollection, ()


def _name(embeddings: Embeddings) -> str:
    """The qualified name of the class, with its model's where it has one."""
    kind = type(embeddings)
    name = f"{kind.__module__}.{kind.__qualname__}"
    models = (getattr(embeddings, attribute, None) for attribute in ("model", "model_name"))
    model = next((found for found in models if isinstance(found, str) and found), None)
    return f"{name}:{model}" if model else name
