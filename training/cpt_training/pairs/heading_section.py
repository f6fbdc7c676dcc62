"""A heading and the prose below it."""

from __future__ import annotations

from collections.abc import Iterator

from cpt_training.pairs.pages.blocks import blocks, count_words, texts
from cpt_training.pairs.pages.page import is_change_log
from cpt_training.pairs.pages.sections import (
    Section,
    is_generic,
    is_word,
    page_title,
    sections,
    subject,
)
from cpt_training.pairs.pair import TEXT, Pair, SourceFile
from cpt_training.pairs.prose import DOCUMENT_CHARACTERS, LEAD_CHARACTERS, cut

KIND = "heading_section"
MINIMUM_WORDS = 25


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield sections of guides; that of the page's title is title_page's."""
    page = blocks(file)
    if not page or is_change_log(file):
        return
    title = page_title(page)
    for section in sections(page):
        query = _query(section)
        if not query or section.title == title:
            continue
        prose = texts(section.body)
        if count_words(prose) >= MINIMUM_WORDS:
            document = cut("\n".join(prose), DOCUMENT_CHARACTERS)
            yield Pair(KIND, TEXT, cut(query, LEAD_CHARACTERS), document)


def _query(section: Section) -> str:
    """The heading; a bare word with the headings above it up to one that says more; or nothing."""
    names = [subject(title) for title in (*section.above, section.title)]
    # What stands below "License" is no more a subject than that is.
    if not all(names[1:]):
        return ""
    for at in range(len(names) - 1, -1, -1):
        name = names[at]
        # The topmost heading may be the name of a project, unless it is the section's own.
        above_all = at == 0 and len(names) > 1
        if name and not is_generic(name) and (above_all or not is_word(name)):
            return ": ".join(names[at:])
    return ""
