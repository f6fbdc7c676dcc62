"""Prose by its headings: one unit for each section, under the trail of headings above it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from cpt_rag.chunking.assemble import Source, Unit
from cpt_rag.chunking.pack import Cut
from cpt_rag.chunking.spans import consecutive

# A section below this share of the budget joins a neighbour of its own parent.
_TINY = 8


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and where it stands: ``end`` is where the text below it begins."""

    start: int
    end: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class _Section:
    unit: Unit
    parent: tuple[str, ...]
    tokens: int
    bare: bool


def section_units(
    source: Source, language: str, headings: Iterable[Heading], cuts: Callable[[], Iterable[Cut]]
) -> list[Unit]:
    """Units that partition the source: what precedes the first heading, then each section."""
    headings = list(headings)
    first = headings[0].start if headings else len(source.text)
    units = [Unit(0, first, "paragraph", language, cuts=cuts)] if first else []
    return units + _merged(source, _sections(source, language, headings, cuts))


def _sections(
    source: Source, language: str, headings: list[Heading], cuts: Callable[[], Iterable[Cut]]
) -> list[_Section]:
    sections: list[_Section] = []
    above: list[Heading] = []
    spans = consecutive([heading.start for heading in headings], len(source.text))
    for heading, (start, end) in zip(headings, spans, strict=True):
        while above and above[-1].level >= heading.level:
            above.pop()
        parent = tuple(one.title for one in above if one.title)
        above.append(heading)
        symbol = " > ".join(filter(None, (*parent, heading.title))) or None
        trail = (symbol,) if symbol else ()
        unit = Unit(start, end, "section", language, symbol, trail, trail, cuts)
        tokens = source.measure(start, end)
        bare = source.is_blank(heading.end, end)
        sections.append(_Section(unit, parent, tokens, bare))
    return sections


def _merged(source: Source, sections: list[_Section]) -> list[Unit]:
    """A bare heading goes with the section below it, tiny sections with tiny ones beside them."""
    merged: list[_Section] = []
    tiny = source.max_tokens // _TINY
    for section in sections:
        last = merged[-1] if merged else None
        if last is None or last.tokens + section.tokens > source.room(section.unit.trail):
            merged.append(section)
        elif last.bare and len(section.parent) > len(last.parent):
            unit = replace(section.unit, start=last.unit.start)
            tokens = last.tokens + section.tokens
            merged[-1] = replace(section, unit=unit, tokens=tokens)
        elif last.parent == section.parent and max(last.tokens, section.tokens) <= tiny:
            unit = replace(last.unit, end=section.unit.end)
            merged[-1] = replace(last, unit=unit, bare=False)
        else:
            merged.append(section)
    return [section.unit for section in merged]
