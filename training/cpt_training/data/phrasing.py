"""Queries as people ask them, made of a corpus's pairs while these are read: every time alike."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from cpt_training.data.pairs import TextPair
from cpt_training.pairs.pair import TEXT

PHRASES = (
    "how to {query}",
    "how do i {query}",
    "how can i {query}",
    "how does one {query}",
    "how is it possible to {query}",
    "what is the way to {query}",
    "where do we {query}",
    "which function can {query}",
    "which part of the code does {query}",
    "a function to {query}",
    "a function that {query}",
    "write a function to {query}",
    "write code to {query}",
    "implement a method to {query}",
    "code to {query}",
    "code for {query}",
    "code that {query}",
    "example of {query}",
    "{query} example",
    "find the code that {query}",
    "show me how to {query}",
    "i want to {query}",
    "i need to {query}",
    "is there a way to {query}",
    "the best way to {query}",
    "{language} {query}",
    "{language} code to {query}",
    "{language} function to {query}",
    "{language} how to {query}",
    "using {language} {query}",
    "in {language} {query}",
    "{query} {language}",
    "{query} in {language}",
    "{query} using {language}",
    "how to {query} in {language}",
    "how do i {query} in {language}",
    "code to {query} in {language}",
)
"""How people ask for code. A documentation's first sentence never does."""
OF_TEXT = tuple(phrase for phrase in PHRASES if "{language}" not in phrase)
NAMES = {"cpp": "c++", "c_sharp": "c#"}


def phrased(pairs: Iterable[TextPair], share: float) -> Iterator[TextPair]:
    """The pairs, ``share`` of the queries put as one of `PHRASES` does, without a full stop."""
    for pair in pairs:
        number = _number(pair)
        if (number % 1_000_003) / 1_000_003 < share:
            phrases = OF_TEXT if pair.language == TEXT else PHRASES
            phrase = phrases[number % len(phrases)]
            name = NAMES.get(pair.language, pair.language)
            query = pair.query.removesuffix(".")
            yield replace(pair, query=phrase.format(language=name, query=query))
        else:
            yield pair


def _number(pair: TextPair) -> int:
    """Equal for equal pairs, in every process."""
    content = f"{pair.kind}\0{pair.query}\0{pair.document}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")
