"""Positions in a text: lines, line beginnings, bytes to characters, safe places to cut."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice

# The three line endings of source files; U+2028, vertical tab and form feed end no line here.
NEWLINE = r"(?:\r\n|\n|\r(?!\n))"

_NEWLINE = re.compile(NEWLINE)
_CONTINUATION = bytes(range(0x80, 0xC0))
_BLOCK = 256


class LineIndex:
    """Where every line of a text starts; lines are counted from 1."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]

    def line_at(self, position: int) -> int:
        """The line that holds the character at ``position``."""
        return bisect_right(self.starts, position)


def character_offsets(text: str, data: bytes) -> Callable[[int], int]:
    """A function from byte offsets in ``data``, the UTF-8 of ``text``, to character offsets.

    Every 256th offset is counted ahead, so that a lookup never walks further than one block.
    """
    if len(text) == len(data):
        return _same
    counts = [0]
    for at in range(0, len(data), _BLOCK):
        counts.append(counts[-1] + len(data[at : at + _BLOCK].translate(None, _CONTINUATION)))

    def to_character(offset: int) -> int:
        block = offset // _BLOCK
        rest = data[block * _BLOCK : offset]
        return counts[block] + len(rest.translate(None, _CONTINUATION))

    return to_character


def _same(offset: int) -> int:
    return offset


def line_beginning(data: bytes, offset: int) -> tuple[int, bool]:
    """Step back over indentation: (start of the line, True), or (``offset``, False) mid-line."""
    at = offset
    while at and data[at - 1] in b" \t\f\v":
        at -= 1
    if at == 0 or data[at - 1] in b"\r\n":
        return at, True
    return offset, False


def blank_between(data: bytes, start: int, end: int) -> bool:
    """Whether a blank line lies between what ends at ``start`` and what begins at ``end``."""
    if start and data[start - 1] in b"\r\n":
        start -= 1
    gap = data[start:end].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return gap.count(b"\n") > 1


def may_cut(text: str, position: int) -> bool:
    """Whether a cut before ``position`` leaves words, combined characters and CRLF in one piece."""
    before, after = text[position - 1], text[position]
    if before == "\r" and after == "\n":
        return False
    if _in_word(after) and _in_word(before):
        return False
    return not unicodedata.combining(after)


def _in_word(character: str) -> bool:
    return character == "_" or character.isalnum()


def consecutive(starts: Sequence[int], end: int) -> Iterator[tuple[int, int]]:
    """(start, stop) from each of ``starts`` to the next, the last one to ``end``."""
    return zip(starts, chain(islice(starts, 1, None), (end,)), strict=False)


def join_blank(
    edges: Sequence[int], end: int, is_blank: Callable[[int, int], bool]
) -> list[tuple[int, int]]:
    """The spans that start at ``edges``, blank ones joined to the one before, leading ones after.

    ``edges`` are sorted and distinct; the last span stops at ``end``.
    """
    kept: list[int] = []
    pending: int | None = None
    for start, stop in consecutive(edges, end):
        if is_blank(start, stop):
            if not kept and pending is None:
                pending = start
            continue
        kept.append(start if pending is None else pending)
        pending = None
    if not kept:
        kept = [edges[0]]
    return list(consecutive(kept, end))
