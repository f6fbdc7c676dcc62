"""HTML: units by heading over the raw text, read without tags, scripts and styles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from html import unescape
from html.parser import HTMLParser

from cpt_rag.chunking.assemble import Source
from cpt_rag.chunking.pack import BLANK_LINE, BLOCK, SENTENCE, Cut
from cpt_rag.chunking.reading import Reading, Visible
from cpt_rag.chunking.sections import Heading, section_units
from cpt_rag.types import Chunk


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SECTIONS = _tags("article aside body footer header main nav section")
_BLOCKS = _tags(
    "address blockquote br dd details dialog div dl dt fieldset figcaption figure form hr li ol "
    "option p pre summary table tbody td tfoot th thead title tr ul"
)
_HIDDEN = _tags("script style template svg math noscript")
_SPACE = re.compile(r"\s+")


def html_chunks(source: Source) -> list[Chunk] | None:
    """Chunks by heading and block, None where nothing can be read."""
    page = _Page(source.text)
    try:
        page.feed(source.text)
        page.close()
    except (AssertionError, ValueError):  # the standard parser gives up on some declarations
        return None
    page.finish()
    seen = source.seen_through(Reading(source.text, page.visible))
    if seen.is_blank(0, len(source.text)):
        return None
    headings = list(_headings(page, seen))
    return seen.chunks(section_units(seen, "html", headings, partial(iter, page.cuts)))


def _headings(page: _Page, source: Source) -> Iterator[Heading]:
    for start, end, level in page.headings:
        title = _SPACE.sub(" ", source.read(start, end)).strip()
        if title:
            yield Heading(start, end, level, title)


class _Page(HTMLParser):
    """Places of visible text, headings and blocks, in one pass of the standard parser."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.visible: list[Visible] = []
        self.headings: list[tuple[int, int, int]] = []
        self.cuts: list[Cut] = []
        self._text = text
        self._rows = [0, *(match.end() for match in re.finditer("\n", text))]
        self._data: int | None = None
        self._heading: tuple[int, int] | None = None
        self._hidden = 0
        self._pre = 0
        self._before = "\n"

    def finish(self) -> None:
        """Close what the text left open."""
        self._close_data(len(self._text))
        self._close_heading(len(self._text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Blocks are boundaries, headings name what follows, some elements are not read."""
        at = self._here()
        if tag in _HEADINGS:
            self._close_heading(at)
            self._heading = (at, _HEADINGS[tag])
        self._hidden += tag in _HIDDEN
        self._pre += tag == "pre"
        self._boundary(tag, at)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content opens nothing."""
        self._boundary(tag, self._here())

    def handle_endtag(self, tag: str) -> None:
        """The end of a block ends its line, the end of a heading completes its title."""
        at = self._here()
        if tag in _HEADINGS:
            self._close_heading(at)
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))
        self._pre = max(0, self._pre - (tag == "pre"))
        if tag in _BLOCKS or tag in _HEADINGS or tag in _SECTIONS:
            self._before = "\n"

    def handle_data(self, data: str) -> None:
        """Text is read unless an element around it is hidden."""
        at = self._here()
        if not self._hidden:
            self._data = at
            self.cuts.append(Cut(at, SENTENCE))

    def handle_comment(self, data: str) -> None:
        """Comments end the text before them."""
        self._here()

    def handle_decl(self, decl: str) -> None:
        """So does a doctype."""
        self._here()

    def handle_pi(self, data: str) -> None:
        """So does a processing instruction."""
        self._here()

    def unknown_decl(self, data: str) -> None:
        """So does a CDATA section."""
        self._here()

    def _here(self) -> int:
        row, column = self.getpos()
        at = self._rows[row - 1] + column
        self._close_data(at)
        return at

    def _boundary(self, tag: str, at: int) -> None:
        if tag in _SECTIONS or tag in _HEADINGS:
            self.cuts.append(Cut(at, BLOCK))
        elif tag in _BLOCKS:
            self.cuts.append(Cut(at, BLANK_LINE))
        else:
            self.cuts.append(Cut(at, SENTENCE))
            return
        self._before = "\n"

    def _close_data(self, at: int) -> None:
        if self._data is not None and self._data < at:
            blank = self._text[self._data : at].isspace()
            if self._pre or not (blank and self._before):
                opening = _collapsed_opening if self._before else _collapsed
                decode = unescape if self._pre else opening
                self.visible.append(Visible(self._data, at, decode, self._before))
                self._before = ""
        self._data = None

    def _close_heading(self, at: int) -> None:
        if self._heading:
            self.headings.append((self._heading[0], at, self._heading[1]))
        self._heading = None


def _collapsed(raw: str) -> str:
    return _SPACE.sub(" ", unescape(raw))


def _collapsed_opening(raw: str) -> str:
    return _collapsed(raw).lstrip()
