"""Markdown: ATX and setext headings, fences, front matter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from cpt_rag.chunking.assemble import Source, Unit
from cpt_rag.chunking.pack import BLANK_LINE, BLOCK, Cut
from cpt_rag.chunking.sections import Heading, section_units
from cpt_rag.chunking.spans import NEWLINE, consecutive

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_CLOSING = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_FRONT_MATTER = re.compile(
    rf"---[ \t]*{NEWLINE}(?:(?!(?:---|\.\.\.)[ \t]*(?:[\r\n]|\Z))[^\r\n]*{NEWLINE})*"
    r"(?:---|\.\.\.)[ \t]*(?=[\r\n]|\Z)"
)
# What cannot be the text of a setext heading: quotes, lists, tables, indented code.
_NO_TITLE = re.compile(r" {0,3}(?:>|[-*+](?:[ \t]|$)|\d+[.)](?:[ \t]|$)|\|)|    |\t")


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str
    fenced: bool = False


def markdown_units(source: Source) -> list[Unit]:
    """A unit for each section; long ones fall apart at paragraphs, not inside a fence."""
    lines = list(_lines(source))
    cuts = partial(_cuts, lines)
    return section_units(source, "markdown", _headings(lines), cuts)


def headings(source: Source) -> Iterator[Heading]:
    """Headings in order, none from inside a fence."""
    return _headings(list(_lines(source)))


def atx_title(line: str) -> tuple[int, str] | None:
    """Level and text of an ATX heading, None if ``line`` is none."""
    match = _ATX.match(line)
    if match is None:
        return None
    return len(match[1]), _CLOSING.sub("", match[2] or "").strip()


def _lines(source: Source) -> Iterator[_Line]:
    """Lines without their endings; those of fences and front matter are marked."""
    front = _FRONT_MATTER.match(source.text)
    body = front.end() if front else 0
    fence = ""
    for start, end in consecutive(source.lines.starts, len(source.text)):
        text = source.text[start:end].rstrip("\r\n")
        mark = _FENCE.match(text)
        yield _Line(start, end, text, fenced=bool(fence) or start < body)
        if start < body:
            continue
        if not fence:
            fence = mark[1] if mark else ""
        elif mark and mark[1].startswith(fence) and not text[mark.end() :].strip():
            fence = ""


def _headings(lines: list[_Line]) -> Iterator[Heading]:
    paragraph: list[_Line] = []
    for line in lines:
        if line.fenced or not line.text.strip():
            paragraph = []
            continue
        atx = atx_title(line.text)
        underline = _SETEXT.match(line.text)
        if atx:
            yield Heading(line.start, line.end, *atx)
            paragraph = []
        elif underline and paragraph:
            title = " ".join(part.text.strip() for part in paragraph)
            yield Heading(paragraph[0].start, line.end, 1 if "=" in underline[1] else 2, title)
            paragraph = []
        elif _FENCE.match(line.text):
            paragraph = []
        elif paragraph or not _NO_TITLE.match(line.text):
            paragraph.append(line)


def _cuts(lines: list[_Line]) -> Iterator[Cut]:
    """Beginnings of blocks: lines after a blank one, outside of fences."""
    blank = False
    for line in lines:
        if blank and not line.fenced and line.text.strip():
            yield Cut(line.start, BLANK_LINE if line.text[0] in " \t" else BLOCK)
        blank = not line.text.strip()
