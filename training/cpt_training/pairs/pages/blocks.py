"""A page of prose as its blocks, whatever its format."""

from __future__ import annotations

import re
from functools import lru_cache

from cpt_training.pairs.pages.block import (
    Block,
    Code,
    Heading,
    ListItem,
    Paragraph,
    count_words,
    texts,
)
from cpt_training.pairs.pages.html_blocks import html_blocks
from cpt_training.pairs.pages.markdown_blocks import markdown_blocks
from cpt_training.pairs.pages.page import is_english, is_page
from cpt_training.pairs.pages.rst_blocks import rst_blocks
from cpt_training.pairs.pair import SourceFile

__all__ = ["Block", "Code", "Heading", "ListItem", "Paragraph", "blocks", "count_words", "texts"]

# Plain text that is Markdown or RDoc in all but its name.
_ATX = re.compile(r"^#{1,4} \S", re.MULTILINE)
_RDOC = re.compile(r"^(={1,4})(?= \S)(?!.*=$)", re.MULTILINE)


@lru_cache(maxsize=1)
def blocks(file: SourceFile) -> tuple[Block, ...]:
    """The page's blocks in order; none where a file is no page of English prose.

    Licences, contributor lists, translations and the like are no pages, see `is_page`.
    """
    if not is_page(file):
        return ()
    found = tuple(_read(file))
    return found if is_english(texts(found)) else ()


def _read(file: SourceFile) -> list[Block]:
    text = file.text.removeprefix("\ufeff").replace("\r\n", "\n")
    if file.language == "markdown":
        return markdown_blocks(text)
    if file.language == "html":
        return html_blocks(text)
    if file.language == "text":
        if _RDOC.search(text):
            text = _RDOC.sub(lambda match: "#" * len(match[1]), text)
            return markdown_blocks(text)
        if _ATX.search(text):
            return markdown_blocks(text)
    return rst_blocks(text)
