"""What a chunk lies in and what it is a part of, read from the chunks around it.

The chunks of a file partition it, and all that lies in a definition has its symbol or one below
it, so what encloses a chunk begins in an unbroken run of such chunks. Nothing is parsed again.
"""

from __future__ import annotations

from collections.abc import Sequence

from cpt_rag.retrieve.packs.signatures import code_lines, signature_of
from cpt_rag.types import Chunk

_SECTION = "section"
_HEADING_SEPARATOR = " > "
_HEADING_LINES = 3
# All that is defined inside these belongs to them; of a class, its own lines alone do.
_FUNCTIONS = frozenset({"function", "method", "macro"})
# Statements have the symbol of what they stand in.
_STATEMENTS = "code"
# A Go method has the symbol of its type in front and lies outside of it.
_METHODS_OUTSIDE = frozenset({"go"})


def enclosing(chunks: Sequence[Chunk], at: int) -> tuple[str, ...]:
    """What the beginning of ``chunks[at]`` lies in, outermost first.

    Signatures for code, each on one line; titles of headings for prose. A definition that begins
    in this very chunk, or a heading that stands at its top, is not named.
    """
    chunk = chunks[at]
    if chunk.symbol is None:
        return ()
    if chunk.kind == _SECTION:
        return _headings_above(chunk)
    heads: list[str | None] = []
    if chunk.language not in _METHODS_OUTSIDE:
        parts = chunk.symbol.split(".")
        outer = (".".join(parts[:depth]) for depth in range(1, len(parts)))
        heads = [_head(chunks, at, symbol) for symbol in outer]
    if not _signature(chunk) and not _is_comment(chunk):
        heads.append(_head(chunks, at, chunk.symbol))
    return tuple(head for head in heads if head)


def whole(chunks: Sequence[Chunk], at: int) -> range:
    """Indices of the chunks that make up what ``chunks[at]`` is a part of.

    That is a function with all that is defined in it, a section of prose, or the lines of a class
    around its members. A chunk without a symbol is whole by itself.
    """
    symbol = chunks[at].symbol
    if symbol is None:
        return range(at, at + 1)
    inside = _is_below if chunks[at].kind in _FUNCTIONS else _is_same
    first, last = at, at
    while first and not _begins(chunks, first, symbol) and inside(chunks[first - 1], symbol):
        first -= 1
    # Another beginning is the next overload.
    while (
        last + 1 < len(chunks)
        and inside(chunks[last + 1], symbol)
        and not _begins(chunks, last + 1, symbol)
    ):
        last += 1
    return range(first, last + 1)


def _begins(chunks: Sequence[Chunk], at: int, symbol: str) -> bool:
    """Whether a definition of ``symbol``, with the comment above it, begins with this chunk."""
    chunk = chunks[at]
    if chunk.symbol != symbol:
        return False
    if chunk.kind == _SECTION:
        return symbol.rsplit(_HEADING_SEPARATOR, maxsplit=1)[-1] in _opening(chunk)
    below_comment = at > 0 and _is_same(chunks[at - 1], symbol) and _is_comment(chunks[at - 1])
    return not below_comment and (_is_comment(chunk) or _signature(chunk) is not None)


def _head(chunks: Sequence[Chunk], at: int, symbol: str) -> str | None:
    """The nearest signature of ``symbol`` in the run of its chunks that ends before ``at``."""
    kind = None
    for chunk in reversed(chunks[:at]):
        if not _is_below(chunk, symbol):
            break
        if chunk.symbol == symbol and chunk.kind != _STATEMENTS:
            if found := _signature(chunk):
                return found
            kind = chunk.kind
    return f"{kind} {symbol}" if kind else None


def _signature(chunk: Chunk) -> str | None:
    if chunk.symbol is None or chunk.kind in (_STATEMENTS, _SECTION):
        return None
    return signature_of(chunk.symbol.split(".")[-1], chunk.text, chunk.language)


def _is_comment(chunk: Chunk) -> bool:
    """Whether nothing but comment is there: one too long for its definition's chunk."""
    return chunk.kind != _SECTION and next(code_lines(chunk.text), None) is None


def _headings_above(chunk: Chunk) -> tuple[str, ...]:
    trail = (chunk.symbol or "").split(_HEADING_SEPARATOR)
    shown = _opening(chunk)
    while trail and trail[-1] in shown:
        trail.pop()
    return tuple(trail)


def _opening(chunk: Chunk) -> list[str]:
    """The first lines without the signs of a heading."""
    lines = (line.strip() for line in chunk.text.splitlines())
    return [line.strip("#").strip() for line in lines if line][:_HEADING_LINES]


def _is_same(chunk: Chunk, symbol: str) -> bool:
    return chunk.symbol == symbol


def _is_below(chunk: Chunk, symbol: str) -> bool:
    return chunk.symbol is not None and f"{chunk.symbol}.".startswith(f"{symbol}.")
