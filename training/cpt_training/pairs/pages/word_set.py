"""Sets of words, written as one reads them."""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """The words of a text that white space parts."""
    return frozenset(words.split())
