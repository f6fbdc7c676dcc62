"""A page's title, with its tagline if it has one, and how the page begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from posixpath import basename, splitext

from cpt_training.pairs.pages.blocks import Block, Heading, Paragraph, blocks, count_words, texts
from cpt_training.pairs.pages.page import is_change_log
from cpt_training.pairs.pages.sections import is_generic, page_title, subject
from cpt_training.pairs.pair import TEXT, Pair, SourceFile
from cpt_training.pairs.prose import LEAD_CHARACTERS, cut

KIND = "title_page"
MINIMUM_WORDS = 40
OPENING_WORDS = 150
OPENING_CHARACTERS = 1500
TAGLINE_WORDS = range(4, 21)
# Where a project says in one line what it is.
_FRONT_PAGES = ("readme", "index")


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield one pair for a page whose title names its subject."""
    page = blocks(file)
    if not page or is_change_log(file):
        return
    title = subject(page_title(page))
    if not title:
        return
    tagline, rest = _tagline(page, splitext(basename(file.path))[0].lower() in _FRONT_PAGES)
    opening = _opening(rest)
    if (tagline or not is_generic(title)) and count_words(opening) >= MINIMUM_WORDS:
        query = f"{title}: {tagline}" if tagline else title
        document = cut("\n".join(opening), OPENING_CHARACTERS)
        yield Pair(KIND, TEXT, cut(query, LEAD_CHARACTERS), document)


def _tagline(page: Sequence[Block], is_front: bool) -> tuple[str, Sequence[Block]]:
    """A short paragraph right below the title of a front page; and what follows it or the title."""
    at = next(i for i, block in enumerate(page) if isinstance(block, Heading)) + 1
    first = page[at] if at < len(page) else None
    if (
        is_front
        and isinstance(first, Paragraph)
        and len(first.text.split()) in TAGLINE_WORDS
        and not first.text.endswith(":")
    ):
        return first.text, page[at + 1 :]
    return "", page[at:]


def _opening(page: Sequence[Block]) -> list[str]:
    """The first prose, across headings that name a subject."""
    opening: list[str] = []
    wanted = True
    for block in page:
        if isinstance(block, Heading):
            wanted = bool(subject(block.title))
        elif wanted:
            opening.extend(texts([block]))
            if count_words(opening) >= OPENING_WORDS:
                break
    return opening
