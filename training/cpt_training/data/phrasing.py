"""Queries as people ask them, made of a corpus's pairs while these are read: every time alike."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from cpt_training.data.pairs import TextPair
from cpt_training.pairs.pair import TEXT

PHRASES = (
    "how to",
    "how do i",
    "how can i",
    "how does one",
    "how is it possible to",
    "what is the way to",
    "where do we",
    "which function can",
    "which part of the code does",
    "a function to",
    "a function that",
    "write a function to",
    "write code to",
    "implement a method to",
    "code to",
    "code for",
    "code that",
    "example of",
    "find the code that",
    "show me how to",
    "i want to",
    "i need to",
    "is there a way to",
    "the best way to",
    "{language}",
    "{language} code to",
    "{language} function to",
    "how to in {language}",
    "how do i in {language}",
    "using {language}",
    "in {language}",
)
"""How people begin when they ask for code. A documentation's first sentence never does."""
OF_TEXT = tuple(phrase for phrase in PHRASES if "{language}" not in phrase)
NAMES = {"cpp": "c++", "c_sharp": "c#"}


def phrased(pairs: Iterable[TextPair], share: float) -> Iterator[TextPair]:
    """The pairs, ``share`` of the queries with one of `PHRASES` before them."""
    for pair in pairs:
        number = _number(pair)
        if (number % 1_000_003) / 1_000_003 < share:
            phrases = OF_TEXT if pair.language == TEXT else PHRASES
            phrase = phrases[number % len(phrases)]
            name = NAMES.get(pair.language, pair.language)
            yield replace(pair, query=f"{phrase.format(language=name)} {pair.query}")
        else:
            yield pair


def _number(pair: TextPair) -> int:
    """Equal for equal pairs, in every process."""
    content = f"{pair.kind}\0{pair.query}\0{pair.document}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")
