"""reStructuredText: titles by their underlines and overlines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from cpt_rag.chunking.assemble import Source, Unit, no_cuts
from cpt_rag.chunking.sections import Heading, section_units

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*$")


def rst_units(source: Source) -> list[Unit]:
    """A unit for each section."""
    return section_units(source, "rst", _headings(source), no_cuts)


def _headings(source: Source) -> Iterator[Heading]:
    """Titles in order; the level of a style of adornment is the order of its first use."""
    edges = [*source.lines.starts, len(source.text)]
    lines = [source.text[a:b].rstrip() for a, b in pairwise(edges)]
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
        level = styles.index(style) + 1
        yield Heading(edges[first], edges[title + 2], level, lines[title].strip())
        row = title + 2


def _is_underlined(lines: list[str], row: int) -> bool:
    title = lines[row]
    if not title or title[0].isspace() or _ADORNMENT.match(title):
        return False
    if row and lines[row - 1]:
        return False
    return _fits(title, lines[row + 1])


def _is_overline(lines: list[str], row: int) -> bool:
    if row + 2 >= len(lines) or not _ADORNMENT.match(lines[row]):
        return False
    over, title, under = lines[row : row + 3]
    return bool(title.strip()) and over == under and _fits(title.strip(), under)


def _fits(title: str, adornment: str) -> bool:
    return bool(_ADORNMENT.match(adornment)) and len(adornment) >= min(len(title), 4)
