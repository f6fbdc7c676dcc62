"""An entry of a change log and its neighbours in the same release."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cpt_training.pairs.pages.blocks import Block, Heading, ListItem, Paragraph, blocks
from cpt_training.pairs.pages.inline import tidy
from cpt_training.pairs.pages.page import is_change_log
from cpt_training.pairs.pages.sections import RELEASE
from cpt_training.pairs.pair import TEXT, Pair, SourceFile
from cpt_training.pairs.prose import LEAD_CHARACTERS, cut

KIND = "changelog"
MINIMUM_WORDS = 6
MINIMUM_OTHERS = 15
MAXIMUM_WORDS = 150
PER_RELEASE = 3

_KIND = re.compile(
    r"^(?:\[\w+\]\s*)?\(?(?:feat|fix|perf|refactor|docs?|chore|build|ci|tests?|style|deps|revert)\)?"
    r"(?:\([^)]*\))?!?:\s*",
    re.IGNORECASE,
)
_HOUSEKEEPING = re.compile(
    r"(?:chore|build|ci|tests?|style|deps|revert)\b.*:|(?:bump(?:ed)?|upgraded?|pin(?:ned)?)\b"
    r"|updated?\s+(?:dependenc|dependabot|\S+\s+(?:to\s+v?\d|requirement)|copyright|changelog|readme|contributors)"
    r"|merge\b|release\b|prepare\b|no\s+(?:user|significant|notable)|updated? dependencies",
    re.IGNORECASE,
)
_HASH = r"[0-9a-f]{7,40}"
_ISSUE = r"(?:[\w.-]+/[\w.-]+)?(?:[#]|(?:gh|pr|bpo|issue|ticket|pull)[-\s]?[#]?|![ ]?)\d+"
_KEY = r"[A-Z][A-Z0-9]{1,9}-\d+"
_REFERENCES = re.compile(
    rf"""
      [(\[]\s*(?:[\w-]+,?\s+){{0,3}}(?:(?:{_ISSUE}|{_KEY}|{_HASH}|@[\w-]+)(?:[\s,;&/]|and|by|in)*)+
        [^()\[\]]{{0,40}}[)\]]
    | \(\s*\d{{2,}}(?:[\s,]+\d{{2,}})*\s*\)
    | ^\s*(?:{_KEY}|{_ISSUE}|{_HASH}|\[\w+-?\d+\])\s*(?:[:.\u2013-]|(?=\s))\s*
    | [.,;]?\s*(?:\b(?:closes?|closed|fixes|fixed|resolves|refs?|references|related\ to|see|via|in
        |issues?|pr|pull\ request|by)\b:?\s*)?(?<!\w){_ISSUE}(?:(?:,|\s|and|&)+{_ISSUE})*
    | [(,-]?\s*\bby\s+@[\w-]+(?:(?:,|\s+and)\s+@[\w-]+)*(?:\s+in\b)?\s*
    | (?<![\w.])@[\w-]+\s*[)!]?\s*$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_THANKS = re.compile(
    r"""\s*[(\[]?\b(?:(?:many\s|special\s|big\s)?thanks?(?:\sto|\syou|,|\s)
          |(?:contributed|reported|patch|suggested|implemented|requested|courtesy|submitted
            |pull\srequest|fix|bug\sreport|based\son\s(?:work|a\spatch))\s(?:by|of|from|courtesy))
        [^.!]*[.!)\]]*(?:\s+-\s+|\s*$|(?<=[.!)])) """,
    re.IGNORECASE | re.VERBOSE,
)
# Quick looks, as the two patterns above are slow ones and most entries hold nothing for them.
_PEOPLE = re.compile(r"thank|\b(?:by|of|from|courtesy)\b", re.IGNORECASE)
_NUMBERS = re.compile(r"[#@\d]")
_NAMES = re.compile(
    r"\s*(?:\((?:[A-Z][\w.'-]*\s+){1,3}[A-Z][\w.'-]*(?:,\s*(?:[A-Z][\w.'-]*\s*){1,4})*\)"
    r"|[-\u2013]\s+(?:[A-Z][\w'-]+\s+){1,2}[A-Z][\w'-]+)\.?$"
)
_LEFT_OVER = re.compile(
    r"^[\s:;,.!\u2013-]+|[\s:;,\u2013(\[-]+$|\(\s*\)|\[\s*\]|(?<=\.)\.$|\s[-\u2013]+\s*by\.?$"
)


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield at most three pairs for each release; no two of them share an entry."""
    page = blocks(file)
    if not page or not is_change_log(file):
        return
    for release in _releases(page):
        pairs = [pair for group in release for pair in _pairs(group)]
        # Those of different subsections first, as they differ most.
        firsts = {pair.document: pair for group in release for pair in list(_pairs(group))[:1]}
        others = [pair for pair in pairs if pair.document not in firsts]
        yield from [*firsts.values(), *others][:PER_RELEASE]


def entry(text: str) -> str:
    """What an entry says, without numbers, hashes and people; empty where that is too little."""
    if _HOUSEKEEPING.match(text):
        return ""
    if _PEOPLE.search(text):
        text = _THANKS.sub(" ", text).strip()
    if _NUMBERS.search(text):
        text = _REFERENCES.sub(" ", text).strip()
    text = _KIND.sub("", _NAMES.sub("", text))
    text = tidy(_LEFT_OVER.sub("", tidy(text)))
    if len(text.split()) < MINIMUM_WORDS or _HOUSEKEEPING.match(text):
        return ""
    return text


def _releases(page: Sequence[Block]) -> Iterator[list[list[str]]]:
    """The entries of each release, in one list for each of its subsections."""
    release: list[list[str]] = [[]]
    for block in page:
        if isinstance(block, (Heading, Paragraph)) and _opens_release(block):
            yield release
            release = [[]]
        elif isinstance(block, Heading):
            release.append([])
        elif isinstance(block, ListItem):
            said = entry(block.text)
            if said:
                release[-1].append(said)
    yield release


def _opens_release(block: Heading | Paragraph) -> bool:
    """A heading, or a short line of plain text, that is hardly more than a version or a date."""
    text = block.title if isinstance(block, Heading) else block.text
    found = RELEASE.search(text)
    if found is None or len(text) > 100:
        return False
    return isinstance(block, Heading) or (found.start() <= 12 and len(text.split()) <= 6)


def _pairs(entries: Sequence[str]) -> Iterator[Pair]:
    """Entries in groups: the first one of a group, and the others, 150 words at most."""
    first, others, words = "", list[str](), 0
    for said in entries:
        count = len(said.split())
        if not first:
            first = said
        elif words and words + count > MAXIMUM_WORDS:
            yield from _pair(first, others, words)
            first, others, words = said, [], 0
        elif count <= MAXIMUM_WORDS:
            others.append(said)
            words += count
    yield from _pair(first, others, words)


def _pair(first: str, others: Sequence[str], words: int) -> Iterator[Pair]:
    if words >= MINIMUM_OTHERS:
        yield Pair(KIND, TEXT, cut(first, LEAD_CHARACTERS), "\n".join(others))
