"""What cpt-rag finds, as LangChain's ``Document``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.documents import Document

import cpt_rag

Filters = Mapping[str, str | int | Sequence[str | int]]
"""As ``cpt_rag.search`` takes them."""


def to_document(found: cpt_rag.Document) -> Document:
    """With its metadata as they were given."""
    return Document(id=found.id, page_content=found.text, metadata=dict(found.metadata))


def ranked(
    query: str,
    collection: cpt_rag.Collection,
    limit: int,
    filters: Filters | None,
    weights: tuple[float, float] | None = None,
) -> list[Document]:
    """``cpt_rag.search``; each hit's metadata are the stored ones and its ``score``."""
    hits = cpt_rag.search(
        query, collection=collection, limit=limit, filters=filters, weights=weights
    )
    return [scored(found) for found in cpt_rag.Documents(collection).behind(hits)]


def scored(found: cpt_rag.Document) -> Document:
    """With its score among its metadata."""
    metadata: dict[str, Any] = {**found.metadata, "score": found.score}
    return Document(id=found.id, page_content=found.text, metadata=metadata)
