"""Cutting a span into parts that fit a budget, at the best boundaries it has."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from cpt_rag.chunking.spans import NEWLINE, consecutive, may_cut

# Ranks of boundaries, best first; smaller ones are free for the depth of a syntax node.
DEEPEST_NODE = 15
BLOCK, BLANK_LINE, LINE, SENTENCE, SPACE, WORD, ANYWHERE = range(20, 27)

_AFTER_BLANK = re.compile(rf"{NEWLINE}(?:[^\S\r\n]*{NEWLINE})+")
_AFTER_NEWLINE = re.compile(NEWLINE)
_AFTER_SENTENCE = re.compile(
    r"[.!?;\u3002\uff01\uff1f][\"')\]\u201d\u2019]*\s+|[\u3002\uff01\uff1f]"
)
_AFTER_SPACE = re.compile(r"\s+")
_AFTER_WORD = re.compile(r"[\w$]+|[^\w\s$]")


class Cut(NamedTuple):
    """A place where a part may begin; the smaller the rank, the better the place."""

    position: int
    rank: int


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    rank: int
    cost: int


Cost = Callable[[int, int], int]
# (text, start, end, fewest characters between two cuts) -> cuts
Finder = Callable[[str, int, int, int], Iterator[Cut]]


def split(
    text: str, start: int, end: int, *, budget: int, cost: Cost, cuts: Iterable[Cut] = ()
) -> list[int]:
    """Starts of the parts into which ``text[start:end]`` falls, each within ``budget``.

    ``cuts`` are boundaries known to the caller. A stretch between two of them that is too long by
    itself is opened at blank lines, then lines, sentences, white space, words, and at last
    anywhere.
    """
    pieces = _between(start, end, BLOCK, cuts, cost)
    for find in _LEVELS:
        if all(piece.cost <= budget for piece in pieces):
            break
        pieces = [part for piece in pieces for part in _open(text, piece, budget, cost, find)]
    if any(piece.cost > budget for piece in pieces):
        pieces = [part for piece in pieces for part in _force(piece, budget, cost)]
    return _pack(pieces, budget)


def _between(start: int, end: int, rank: int, cuts: Iterable[Cut], cost: Cost) -> list[_Piece]:
    best = {start: rank}
    for cut in cuts:
        if start < cut.position < end:
            best[cut.position] = min(cut.rank, best.get(cut.position, cut.rank))
    edges = sorted(best)
    return [_Piece(a, b, best[a], cost(a, b)) for a, b in consecutive(edges, end)]


def _blank_lines(text: str, start: int, end: int, step: int) -> Iterator[Cut]:
    for match in _AFTER_BLANK.finditer(text, start, end):
        indented = match.end() < end and text[match.end()] in " \t"
        yield Cut(match.end(), BLANK_LINE if indented else BLOCK)


def _after(pattern: re.Pattern[str], rank: int) -> Finder:
    def find(text: str, start: int, end: int, step: int) -> Iterator[Cut]:
        last = start
        for match in pattern.finditer(text, start, end):
            at = match.end()
            if at - last >= step and at < end and may_cut(text, at):
                yield Cut(at, rank)
                last = at

    return find


_LEVELS: tuple[Finder, ...] = (
    _blank_lines,
    _after(_AFTER_NEWLINE, LINE),
    _after(_AFTER_SENTENCE, SENTENCE),
    _after(_AFTER_SPACE, SPACE),
    _after(_AFTER_WORD, WORD),
)


def _open(text: str, piece: _Piece, budget: int, cost: Cost, find: Finder) -> list[_Piece]:
    """The piece cut at one kind of boundary, each part an eighth of the budget or more.

    Smaller parts would be joined again anyway, and each costs a count of its tokens.
    """
    if piece.cost <= budget:
        return [piece]
    cuts = find(text, piece.start, piece.end, budget // 8)
    return _between(piece.start, piece.end, piece.rank, cuts, cost)


def _force(piece: _Piece, budget: int, cost: Cost) -> Iterator[_Piece]:
    """An unbroken run too long for the budget, in stretches of about equal width."""
    if piece.cost <= budget:
        yield piece
        return
    size = piece.end - piece.start
    width = max(1, size * max(1, budget) // (piece.cost + 1))
    at, rank = piece.start, piece.rank
    while at < piece.end:
        stop = min(piece.end, at + width)
        while (tokens := cost(at, stop)) > budget and stop - at > 1:
            stop = at + (stop - at) // 2
        yield _Piece(at, stop, rank, tokens)
        at, rank = stop, ANYWHERE


def _pack(pieces: list[_Piece], budget: int) -> list[int]:
    """Join neighbours while they fit; of the places to stop in the last half, take the best."""
    sums = [0, *accumulate(piece.cost for piece in pieces)]
    starts, first = [pieces[0].start], 0
    while sums[-1] - sums[first] > budget:
        done, rest = sums[first], sums[-1] - sums[first]
        full = max(first + 1, bisect_right(sums, done + budget) - 1)
        low = budget / 2 if rest > 2 * budget else max(0.4 * rest, rest - budget)
        high = budget if rest > 2 * budget else max(0.6 * rest, rest - budget)
        candidates = range(
            max(first + 1, bisect_left(sums, done + low)),
            min(full, bisect_right(sums, done + high) - 1) + 1,
        )
        best = min(candidates, key=lambda i: (pieces[i].rank, -i), default=full)
        if best >= len(pieces):
            break
        starts.append(pieces[best].start)
        first = best
    return starts
