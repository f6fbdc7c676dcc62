"""Variants of the functions of a file."""

from __future__ import annotations

from textwrap import dedent

from cpt_training.pairs import clone_variant as miner
from cpt_training.pairs.pair import Pair, SourceFile


def mined(language: str, text: str) -> list[Pair]:
    """What is mined from a file, the same each time."""
    file = SourceFile("a", language, dedent(text).lstrip("\n"))
    pairs = list(miner.mine(file))
    assert pairs == list(miner.mine(file))
    assert all(pair.kind == "clone_variant" and pair.language == language for pair in pairs)
    return pairs


def variant(language: str, text: str) -> str:
    """The only variant that a file gives."""
    (pair,) = mined(language, text)
    return pair.document
