"""HTML as blocks, read by the standard parser."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from cpt_training.pairs.pages.block import Block, Code, Heading, ListItem, Paragraph
from cpt_training.pairs.pages.code_language import named
from cpt_training.pairs.pages.inline import tidy
from cpt_training.pairs.pages.word_set import word_set

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = word_set(
    "address article blockquote body center dd details div dl dt figcaption figure hr html li main "
    "ol p section summary td th tr ul"
)
_LISTS = frozenset(("ul", "ol"))
_HIDDEN = word_set(
    "aside button footer form head header nav noscript script select style svg table template title"
)
_LANGUAGE = re.compile(r"(?:^|\s)(?:lang(?:uage)?-|highlight-(?:source-)?|brush:\s*)([\w+#-]+)")


def html_blocks(text: str) -> list[Block]:
    """The blocks of a page or of a piece of one, in order; none where nothing can be read."""
    page = _Page()
    try:
        page.feed(text)
        page.close()
    except (AssertionError, ValueError):  # the standard parser gives up on some declarations
        return []
    page.flush()
    return page.blocks


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._hidden = 0
        self._lists = 0
        self._heading: int | None = None
        self._item = False
        self._code: str | None = None

    def flush(self) -> None:
        """End the block that is being read."""
        text = "".join(self._parts)
        self._parts = []
        if self._code is not None:
            if text.strip():
                self.blocks.append(Code(text.strip("\n"), self._code))
        elif shown := tidy(text):
            if self._heading is not None:
                self.blocks.append(Heading(self._heading, shown.rstrip("\u00b6 ")))
            elif self._item:
                self.blocks.append(ListItem(shown, max(0, self._lists - 1)))
            else:
                self.blocks.append(Paragraph(shown))
            self._item = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Blocks end the text before them."""
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag in _HEADINGS:
            self.flush()
            self._heading = _HEADINGS[tag]
        elif tag == "pre":
            self.flush()
            self._code = _language(attrs)
        elif tag == "code" and self._code == "":
            self._code = _language(attrs)
        elif tag in _BLOCKS:
            self._boundary(tag)
            self._lists += tag in _LISTS
        elif tag == "br":
            self._parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """So do their ends."""
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _HEADINGS:
            self.flush()
            self._heading = None
        elif tag == "pre":
            self.flush()
            self._code = None
        elif tag in _BLOCKS:
            self._boundary("")
            self._lists = max(0, self._lists - (tag in _LISTS))

    def handle_data(self, data: str) -> None:
        """Text is read unless an element around it is hidden."""
        if not self._hidden:
            self._parts.append(data)

    def _boundary(self, tag: str) -> None:
        if self._code is None and self._heading is None:
            self.flush()
            self._item = tag == "li" or (self._item and tag == "p")


def _language(attrs: list[tuple[str, str | None]]) -> str:
    match = _LANGUAGE.search(dict(attrs).get("class") or "")
    return named(match[1]) if match else ""
