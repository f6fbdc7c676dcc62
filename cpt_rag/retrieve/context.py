"""A question in, the passages that answer it out, as one text within a budget of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cpt_rag.collection import Collection, StoreLike, open_collection
from cpt_rag.errors import InvalidInputError
from cpt_rag.retrieve.filters import Filters, where
from cpt_rag.retrieve.packs.budget import CountTokens, estimate_tokens
from cpt_rag.retrieve.packs.formats import FORMATS
from cpt_rag.retrieve.packs.packing import Packer
from cpt_rag.retrieve.packs.passages import Passage
from cpt_rag.retrieve.packs.stored import StoredFiles
from cpt_rag.retrieve.rank import text_key
from cpt_rag.retrieve.search import find, search

if TYPE_CHECKING:
    from cpt_rag.qdrant import Where
    from cpt_rag.types import Hit

MAX_TOKENS = 8000
HITS = 100
# As many times the hits are looked through for copies of them.
COPIES_AMONG = 2


@dataclass(frozen=True, slots=True)
class ContextPack:
    """Passages that answer a query, and the text that a language model is given.

    ``text`` is all of them with their citations, ``tokens`` its length by the counter it was made
    with, at most ``max_tokens``. ``str(pack)`` is the text.
    """

    query: str
    passages: tuple[Passage, ...]
    text: str
    tokens: int
    max_tokens: int

    def __str__(self) -> str:
        return self.text


def context(
    query: str,
    *,
    collection: str | Collection,
    store: StoreLike = None,
    max_tokens: int = MAX_TOKENS,
    form: str = "markdown",
    limit: int = HITS,
    filters: Filters | None = None,
    count_tokens: CountTokens | None = None,
) -> ContextPack:
    """The best passages of ``collection`` for ``query``, rendered within a budget.

    Hits are taken in order of rank, each as far as it fits, and grown to the whole function or
    section where that fits too. Neighbours become one passage, a text that stands in several
    places is given once, and every passage names its file, its lines and what it lies in. Files
    are ordered by their best hit, passages of one file by line.

    Args:
        query: a question, a symbol, an error message; of any length.
        collection: what ``ingest`` filled, by name, or already open.
        store: a folder, a server's URL, or None for the per-user folder.
        max_tokens: most tokens of the whole rendering, citations and fences included.
        form: "markdown", "xml" or "json".
        limit: hits to choose from, at most.
        filters: as ``search`` takes them.
        count_tokens: the reader's own counter, without tokens that stand once for each text;
            None for an upper estimate.

    Raises:
        InvalidInputError: an empty query, a number or format out of range, an unknown filter,
            nothing that matches, or a budget that not even one span fits.
        CollectionNotFoundError: no such collection.
        IdentityMismatchError: the collection was made by another encoder.
        StoreError: the store is locked, corrupt or out of reach.
    """
    _check(max_tokens, form)
    if isinstance(collection, str):
        with open_collection(collection, store) as opened:
            return context(
                query,
                collection=opened,
                max_tokens=max_tokens,
                form=form,
                limit=limit,
                filters=filters,
                count_tokens=count_tokens,
            )
    hits = search(query, collection=collection, limit=limit, filters=filters)
    hits = _with_copies(hits, query, collection, where(filters, collection.engine))
    if not hits:
        raise _nothing_found(collection.name)
    files = StoredFiles(collection.engine)
    hits = [files.admit(hit) for hit in hits]
    rooted = len(files.roots()) > 1
    count = count_tokens or estimate_tokens
    packer = Packer(query, files, FORMATS[form], rooted, count)
    return _pack(packer, hits, max_tokens)


def _with_copies(
    hits: Sequence[Hit], query: str, collection: Collection, among: Where | None
) -> list[Hit]:
    """Hits, each followed by those of the same text in other places.

    A search gives every text once, where it ranks best; before ranking, copies lie side by side.
    """
    places = {(hit.root, hit.path, hit.start) for hit in hits}
    copies: dict[str, list[Hit]] = {}
    most = COPIES_AMONG * max(1, len(hits))
    for found in find(query, collection, most, arm="fused", where=among):
        if (found.root, found.path, found.start) not in places:
            copies.setdefault(text_key(found.text), []).append(found)
    return [one for hit in hits for one in (hit, *copies.pop(text_key(hit.text), ()))]


def _pack(packer: Packer, hits: Sequence[Hit], max_tokens: int) -> ContextPack:
    selection = packer.select(hits, max_tokens)
    passages = tuple(packer.passages(selection))
    text = packer.render(selection)
    tokens = packer.count(text)
    if not passages:
        raise _too_small(max_tokens, packer.least(hits))
    return ContextPack(packer.query, passages, text, tokens, max_tokens)


def _check(max_tokens: int, form: str) -> None:
    if max_tokens < 1:
        raise InvalidInputError(
            f"max_tokens is {max_tokens}.",
            expected="a positive number of tokens",
            remedy="say how much of the reader's window the context may take",
        )
    if form not in FORMATS:
        raise InvalidInputError(
            f"There is no format {form!r}.",
            expected=", ".join(FORMATS),
            remedy="choose one of these",
        )


def _nothing_found(name: str) -> InvalidInputError:
    return InvalidInputError(
        f"Nothing in the collection {name!r} was found.",
        expected="a collection that holds chunks, and filters that some match",
        remedy=f"cpt-rag ingest PATH --collection {name}, or ask without filters",
    )


def _too_small(max_tokens: int, least: int) -> InvalidInputError:
    return InvalidInputError(
        f"max_tokens is {max_tokens}, and not one of the spans found fits.",
        expected=f"at least {least}, the shortest of them with its citation",
        remedy="raise --max-tokens",
    )
