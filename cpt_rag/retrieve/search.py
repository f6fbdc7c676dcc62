"""A question in, the best chunks out."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cpt_rag.collection import Collection, StoreLike, open_collection
from cpt_rag.errors import InvalidInputError
from cpt_rag.qdrant import EQUAL, METADATA, NAME, ROLE, Factor, Fusion, Method, Where
from cpt_rag.retrieve import filters as chosen
from cpt_rag.retrieve.filters import Filters
from cpt_rag.retrieve.query import Query, read_query
from cpt_rag.retrieve.rank import prose_factor, rank, role_factors, to_hit
from cpt_rag.retrieve.weights import CANDIDATES, DEFINITION, PROSE_LANGUAGES
from cpt_rag.text.bm25 import query_vector
from cpt_rag.types import Hit

if TYPE_CHECKING:
    from cpt_rag.types import Encoder

Weights = tuple[float, float]
Arm = Literal["dense", "sparse", "described", "fused", "ranked"]

MOST_HITS = 100_000


def search(
    query: str,
    *,
    collection: str | Collection,
    store: StoreLike = None,
    limit: int = 10,
    filters: Filters | None = None,
    weights: Weights | None = None,
    encoder: str | Path | Encoder | None = None,
) -> list[Hit]:
    """The ``limit`` best chunks of ``collection`` for ``query``, best first.

    Args:
        query: a question, a symbol, an error message; of any length.
        collection: what ``ingest`` filled, by name, or already open.
        store: a folder, a server's URL, or None for the per-user folder.
        limit: hits at most.
        filters: fields and the values wanted of them: ``{"language": ["go", "rust"], "path":
            "src/"}``. Fields are language, kind, root, symbol and path, a pattern as in
            ``.gitignore``; and ``metadata.NAME`` of texts under ids of the caller's own.
        weights: of the dense and the sparse ranking, where ``cpt-rag evaluate`` proposes some.
        encoder: only where the encoder that made the collection has moved.

    Raises:
        InvalidInputError: an empty query, a limit out of range, or an unknown filter.
        CollectionNotFoundError: no such collection.
        IdentityMismatchError: the collection was made by another encoder.
        StoreError: the store is locked, corrupt or out of reach.
    """
    check_query(query, limit)
    if isinstance(collection, str):
        with open_collection(collection, store, encoder=encoder) as opened:
            return _search(query, opened, limit, filters, weights)
    return _search(query, collection, limit, filters, weights)


def _search(
    query: str,
    collection: Collection,
    limit: int,
    filters: Filters | None,
    weights: Weights | None,
) -> list[Hit]:
    among = chosen.where(filters, collection.engine)
    return find(query, collection, limit, weights=weights, where=among)


def find(
    query: str,
    collection: Collection,
    limit: int,
    *,
    arm: Arm = "ranked",
    weights: Weights | None = None,
    where: Where | None = None,
) -> list[Hit]:
    """The ``limit`` best chunks by one vector alone, by both, or ranked as ``search`` does.

    Args:
        query: what is looked for.
        collection: where.
        limit: hits at most.
        arm: "dense", "sparse", "described" (the dense vectors of descriptions alone), "fused" (by
            reciprocal rank) or "ranked".
        weights: of the dense and the sparse ranking; None leaves fusion to the arm.
        where: which chunks may be hits.

    Raises:
        InvalidInputError: "described" where the collection has no descriptions.
    """
    vectors = _vectors(query, collection, arm)
    if not vectors:
        return []  # no word to look for
    ask = partial(collection.engine.query, **vectors, where=where)
    if arm != "ranked":
        fusion = Fusion(weights=weights or EQUAL)
        found = ask(limit=limit, prefetch=max(limit, CANDIDATES), fusion=fusion)
        return [to_hit(point, point.score, {"fused": point.score}) for point in found]
    read = read_query(query)
    fusion = _fusion(read, collection, weights)
    most = max(limit, CANDIDATES)
    while True:
        found = ask(limit=most, prefetch=most, fusion=fusion)
        hits = rank(read, found, limit)
        if len(hits) == limit or len(found) < most or most >= MOST_HITS:
            return hits
        most *= 2  # there were copies among them


def _vectors(query: str, collection: Collection, arm: Arm) -> dict[str, Any]:
    """What the engine is asked by, as its ``query`` names it."""
    several = arm in ("fused", "ranked")
    by_words = arm == "sparse" or (several and collection.lexical)
    asked = None if by_words else collection.encoder.encode_query([query])[0]
    described = arm == "described" or (several and collection.engine.spec.described)
    vectors = {
        "dense": None if arm == "described" else asked,
        "sparse": query_vector(query) if several or arm == "sparse" else None,
        "described": asked if described else None,
    }
    return {name: vector for name, vector in vectors.items() if vector is not None}


def _fusion(query: Query, collection: Collection, weights: Weights | None) -> Fusion:
    """All arms, and one among what the query names, each by what it counts."""
    by_role: dict[float, list[str]] = {}
    for role, by in role_factors(query).items():
        by_role.setdefault(by, []).append(role)
    factors = [Factor(ROLE, roles, by) for by, roles in by_role.items()]
    if (by := prose_factor(query)) != 1:
        factors.append(Factor(f"{METADATA}.language", PROSE_LANGUAGES, by))
    wanted = None
    if query.names:
        wanted = Where({NAME: query.names})
        factors.append(Factor(NAME, query.names, DEFINITION))
    elif query.paths and (paths := _named(query, collection)):
        wanted = Where({f"{METADATA}.path": paths})
    method: Method = "rrf" if weights else "dbsf"
    return Fusion(method, weights or EQUAL, wanted=wanted, factors=tuple(factors))


def _named(query: Query, collection: Collection) -> list[str]:
    """Paths in the collection that the query names."""
    return [
        path
        for path in collection.engine.values(f"{METADATA}.path")
        if any(f"/{path.lower()}".endswith(f"/{named}") for named in query.paths)
    ]


def check_query(query: str, limit: int) -> None:
    """Hold a question to what can be looked for.

    Raises:
        InvalidInputError: it is empty or no Unicode, or the limit is out of range.
    """
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
