"""A question in, the best chunks out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpt_rag.collection import Collection, StoreLike, open_collection
from cpt_rag.errors import InvalidInputError
from cpt_rag.qdrant import METADATA, PAGE_CONTENT
from cpt_rag.text.bm25 import query_vector
from cpt_rag.types import Hit, Scored

if TYPE_CHECKING:
    from cpt_rag.types import Encoder

# Each arm fetches several times what is asked for: fusion can lift only what both arms brought.
OVERFETCH = 5
LEAST_PREFETCH = 50
MOST_HITS = 100_000


def search(
    query: str,
    *,
    collection: str | Collection,
    store: StoreLike = None,
    limit: int = 10,
    encoder: str | Path | Encoder | None = None,
) -> list[Hit]:
    """The ``limit`` best chunks of ``collection`` for ``query``, best first.

    Args:
        query: a question, a symbol, an error message; of any length.
        collection: what ``ingest`` filled, by name, or already open.
        store: a folder, a server's URL, or None for the per-user folder.
        limit: hits at most.
        encoder: only where the encoder that made the collection has moved.

    Raises:
        InvalidInputError: an empty query, or a limit out of range.
        CollectionNotFoundError: no such collection.
        IdentityMismatchError: the collection was made by another encoder.
        StoreError: the store is locked, corrupt or out of reach.
    """
    _check(query, limit)
    if isinstance(collection, str):
        with open_collection(collection, store, encoder=encoder) as opened:
            return _search(query, opened, limit)
    return _search(query, collection, limit)


def _search(query: str, collection: Collection, limit: int) -> list[Hit]:
    scored = collection.engine.query(
        dense=collection.encoder.encode_query([query])[0],
        sparse=query_vector(query),
        limit=limit,
        prefetch=max(OVERFETCH * limit, LEAST_PREFETCH),
    )
    return [_hit(point) for point in scored]


def _check(query: str, limit: int) -> None:
    if not query.strip():
        raise InvalidInputError(
            "The query is empty.",
            expected="a few words or a symbol",
            remedy="say what you look for",
        )
    if any("\ud800" <= character <= "\udfff" for character in query):
        raise InvalidInputError(
            f"The query {query!r} is not valid Unicode.",
            expected="text",
            remedy="check the encoding of the terminal or file it came from",
        )
    if not 1 <= limit <= MOST_HITS:
        raise InvalidInputError(
            f"limit is {limit}.", expected=f"1 to {MOST_HITS:,}", remedy="choose a limit between"
        )


def _hit(point: Scored) -> Hit:
    metadata: Mapping[str, Any] = point.payload[METADATA]
    return Hit(
        root=metadata["root"],
        path=metadata["path"],
        start_line=metadata["start_line"],
        end_line=metadata["end_line"],
        text=point.payload[PAGE_CONTENT],
        score=point.score,
        symbol=metadata["symbol"],
        kind=metadata["kind"],
        language=metadata["language"],
    )
