"""reStructuredText: titles by their underlines and overlines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cpt_rag.chunking.assemble import Source, Unit, no_cuts
from cpt_rag.chunking.sections import Heading, section_units

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*$")


@dataclass(frozen=True, slots=True)
class Title:
    """A title and its rows, from ``first`` up to, but not including, ``after``."""

    first: int
    after: int
    level: int
    text: str


def rst_units(source: Source) -> list[Unit]:
    """A unit for each section."""
    return section_units(source, "rst", headings(source), no_cuts)


def headings(source: Source) -> Iterator[Heading]:
    """Titles as headings, in order."""
    edges = [*source.lines.starts, len(source.text)]
    lines = [source.text[a:b].rstrip() for a, b in pairwise(edges)]
    for title in titles(lines):
        yield Heading(edges[title.first], edges[title.after], title.level, title.text)


def titles(lines: Sequence[str]) -> Iterator[Title]:
    """Titles among lines that end with no white space.

    The level of a style of adornment is the order of its first use.
    """
    styles: list[tuple[str, bool]] = []
    row = 0
    while row + 1 < len(lines):
        over = _is_overline(lines, row)
        first, title = row, row + over
        row += 1
        if not over and not _is_underlined(lines, title):
            continue
        style = (lines[title + 1][0], over)
        if style not in styles:
            styles.append(style)
        row = title + 2
        yield Title(first, row, styles.index(style) + 1, lines[title].strip())


def _is_underlined(lines: Sequence[str], row: int) -> bool:
    title = lines[row]
    if not title or title[0].isspace() or _ADORNMENT.match(title):
        return False
    if row and lines[row - 1]:
        return False
    return _fits(title, lines[row + 1])


def _is_overline(lines: Sequence[str], row: int) -> bool:
    if row + 2 >= len(lines) or not _ADORNMENT.match(lines[row]):
        return False
    over, title, under = lines[row : row + 3]
    return bool(title.strip()) and over == under and _fits(title.strip(), under)


def _fits(title: str, adornment: str) -> bool:
    return bool(_ADORNMENT.match(adornment)) and len(adornment) >= min(len(title), 4)
