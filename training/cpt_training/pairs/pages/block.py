"""What a page of prose is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_BAR = re.compile(r" [|\u00b7\u2022] ")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: ``level`` 1 is that of the page's title."""

    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text on one line, without markup."""

    text: str


@dataclass(frozen=True, slots=True)
class ListItem:
    """How an item of a list begins, on one line; ``depth`` is 0 outside of other items."""

    text: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Code:
    """A block of code as written, outdented.

    ``language`` is as `cpt_rag.chunking.detect.detect_language` names it, or empty where the page
    does not say it.
    """

    text: str
    language: str = ""


Block = Heading | Paragraph | ListItem | Code


def texts(blocks: Iterable[Block]) -> list[str]:
    """The texts of paragraphs and items, in order, less bars of links and words before code."""
    found = [block.text for block in blocks if isinstance(block, (Paragraph, ListItem))]
    return [text for text in found if not _leads_on(text) and len(_BAR.findall(text)) < 3]


def _leads_on(text: str) -> bool:
    return text.endswith(":") and text.count(" ") < 2


def count_words(pieces: Iterable[str]) -> int:
    """Words between white space, of all pieces together."""
    return sum(len(piece.split()) for piece in pieces)
