"""The sentence before a block of code, and that code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from cpt_training.pairs.code.definitions import definitions, file_doc
from cpt_training.pairs.pages.blocks import Block, Code, Heading, ListItem, Paragraph, blocks
from cpt_training.pairs.pages.code_language import guess, language_in_doc, language_on_page
from cpt_training.pairs.pages.code_sample import sample
from cpt_training.pairs.pages.doc_examples import doc_blocks, holds_code
from cpt_training.pairs.pages.page import FUNCTION_WORDS
from cpt_training.pairs.pages.sections import subject
from cpt_training.pairs.pages.word_set import word_set
from cpt_training.pairs.pair import Pair, SourceFile
from cpt_training.pairs.prose import plain

KIND = "sentence_block"
MINIMUM_WORDS = 5
# A sentence of fewer words often leaves to its heading what it is about.
SHORT_WORDS = 9
MINIMUM_TELLING_WORDS = 3
# A paragraph up to this length is taken whole, of a longer one its last sentence.
PARAGRAPH_CHARACTERS = 240
SENTENCE_CHARACTERS = 400

_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+(?=[^a-z\s])")
# Openings and endings that only point at the code.
_POINTER = re.compile(
    r"""(?:^|(?<=[.!?:;]\s))(?:
        (?:(?:and|or|so|but|then|now|finally|first|next|again|usage|output|note)[,:]?\s+)?
        (?:for\s(?:example|instance)|e\.g\.?|i\.e\.?|like\s(?:this|so)|such\sas|as\sfollows
          |(?:some|basic|simple|more|an(?:other)?|the|code|usage|here\sare\s(?:some|a\sfew)
            |here(?:'s|\sis)\s(?:an?|the|another)|see|consider|take)?
            \s*(?:following|simple|basic|quick|short|full|complete|usage|code|small|minimal)?\s*
            (?:examples?|usage|snippet|code|output|sample)(?:\s(?:usage|code|below|output))?
          |to\sthis|this|becomes|returns|prints|produces|outputs?|results?\sin|yields|gives|before
          |after|or|and|then|instead|incorrect|correct|bad|good)
        \s*[:.,]*\s*)+$""",
    re.IGNORECASE | re.VERBOSE,
)
_INTRODUCTION = re.compile(
    r"^(?:for (?:example|instance)|e\.g\.|example|note)[,:]\s+", re.IGNORECASE
)
_POINTING = word_set(
    "above add adding below code could demonstrates doing done does example examples following "
    "follows get here just let like look looks might need note now return returns same see should "
    "show shown shows simple simply snippet something typical usage used using want way would "
    "write writing yields"
)
_WORD = re.compile(r"[^\W\d_]{2,}")


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield the examples of a guide, or of the docstrings and doc comments of a source file."""
    page = blocks(file)
    if page:
        yield from _pairs(page, partial(language_on_page, prevailing=_prevailing(page)))
    elif not file.test:
        own = partial(language_in_doc, own=file.language)
        for doc in (file_doc(file), *(definition.doc for definition in definitions(file))):
            if holds_code(doc, file.language):
                yield from _pairs(doc_blocks(doc, file.language), own)


def _pairs(page: Sequence[Block], unmarked: Callable[[str], str]) -> Iterator[Pair]:
    """Pairs of a page or a doc text; ``unmarked`` tells the language of code without a tag."""
    heading = ""
    before: Block | None = None
    for block in page:
        if isinstance(block, Heading):
            heading = subject(block.title)
        elif isinstance(block, Code) and isinstance(before, (Paragraph, ListItem)):
            query = sentence(before.text)
            language = block.language or unmarked(block.text) if query else ""
            code = sample(block.text, language) if language else ""
            if code:
                short = query.count(" ") < SHORT_WORDS - 1
                query = f"{heading}: {query}" if short and heading else query
                yield Pair(KIND, language, query, code)
        before = block


def sentence(text: str) -> str:
    """What a paragraph before code says of it, empty where it only points at it."""
    text = plain(text).strip()
    while True:
        shorter = _POINTER.sub("", text).strip()
        if shorter == text:
            break
        text = shorter
    text = text.rstrip(":, ")
    if len(text) > PARAGRAPH_CHARACTERS:
        text = _SENTENCE_END.split(text)[-1]
    text = _INTRODUCTION.sub("", text).lstrip(". ")
    words = [word.lower() for word in _WORD.findall(text)]
    telling = sum(word not in FUNCTION_WORDS and word not in _POINTING for word in words)
    too_short = len(words) < MINIMUM_WORDS or telling < MINIMUM_TELLING_WORDS
    if too_short or len(text) > SENTENCE_CHARACTERS or text.startswith("@"):
        return ""
    return text


def _prevailing(page: Sequence[Block]) -> str:
    """The language of most blocks of code, by their tags or by their looks."""
    found = Counter(
        block.language or guess(block.text) for block in page if isinstance(block, Code)
    )
    del found[""]
    # Commands stand in guides to anything; an unmarked block is more likely the subject's language.
    likely = [(count, language) for language, count in found.items() if language != "bash"]
    return max(likely)[1] if likely else ""
