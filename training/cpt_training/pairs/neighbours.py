"""Passages of prose that follow each other (Neelakantan et al. 2022, cpt-text)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cpt_training.pairs.pages.blocks import blocks, texts
from cpt_training.pairs.pages.page import is_change_log
from cpt_training.pairs.pages.sections import sections, subject
from cpt_training.pairs.pair import TEXT, Pair, SourceFile

KIND = "neighbours"
MINIMUM_WORDS = 40
ENOUGH_WORDS = 60
MAXIMUM_WORDS = 150
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^a-z\s])")


@dataclass(frozen=True, slots=True)
class _Passage:
    section: int
    text: str


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield each passage of a page at most once, with its neighbour in the same section if any."""
    page = blocks(file)
    if not page or is_change_log(file):
        return
    passages = [
        _Passage(number, passage)
        for number, section in enumerate(sections(page))
        if not section.title or subject(section.title)
        for passage in _passages(texts(section.body))
    ]
    at = 0
    while at + 1 < len(passages):
        if _belong(passages, at):
            yield Pair(KIND, TEXT, passages[at].text, passages[at + 1].text)
            at += 1
        at += 1


def _belong(passages: Sequence[_Passage], at: int) -> bool:
    """Two of one section do; the last one of a section takes what is left over in the next."""
    one, other = passages[at : at + 2]
    if one.section == other.section:
        return True
    following = passages[at + 2] if at + 2 < len(passages) else None
    return other.section == one.section + 1 and (
        following is None or following.section != other.section
    )


def _passages(prose: Sequence[str]) -> Iterator[str]:
    """Whole paragraphs or sentences in order, 40 to 150 words together."""
    pieces: list[str] = []
    words = 0
    for paragraph in prose:
        for piece in _pieces(paragraph):
            count = len(piece.split())
            if words + count > MAXIMUM_WORDS or words >= ENOUGH_WORDS:
                if words >= MINIMUM_WORDS:
                    yield "\n".join(pieces)
                pieces, words = [], 0
            if count <= MAXIMUM_WORDS:
                pieces.append(piece)
                words += count
    if words >= MINIMUM_WORDS:
        yield "\n".join(pieces)


def _pieces(paragraph: str) -> list[str]:
    """The paragraph, or parts of whole sentences where it is too long for one passage."""
    if len(paragraph.split()) <= MAXIMUM_WORDS:
        return [paragraph]
    parts: list[str] = []
    words = MAXIMUM_WORDS
    for sentence in _SENTENCE_END.split(paragraph):
        if words >= ENOUGH_WORDS:
            parts.append(sentence)
            words = 0
        else:
            parts[-1] += " " + sentence
        words += len(sentence.split())
    return parts
