"""Queries as people ask them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cpt_training.data.pairs import TextPair
from cpt_training.data.phrasing import PHRASES, phrased

LINES = [f"    line {i}\n" for i in range(9)]
PAIRS = [
    TextPair("docstring_code", "python", f"Open file number {i} and return it.", "".join(LINES))
    for i in range(400)
]


def put(query: str, language: str = "python") -> set[str]:
    """Every way to ask it."""
    return {phrase.format(query=query, language=language) for phrase in PHRASES}


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_share_of_the_queries_is_put_as_people_ask(share: float) -> None:
    found = list(phrased(PAIRS, share))
    changed = 0
    for pair, before in zip(found, PAIRS, strict=True):
        assert replace(pair, query=before.query) == before
        if pair.query != before.query:
            assert pair.query in put(before.query.removesuffix("."))
            changed += 1
    assert changed / len(PAIRS) == pytest.approx(share, abs=0.08)


def test_a_pair_is_always_put_the_same_way() -> None:
    there, back = phrased(PAIRS, 0.5), phrased(PAIRS[::-1], 0.5)
    assert [*there] == [*back][::-1]


def test_every_phrase_is_used() -> None:
    many = [replace(PAIRS[0], query=f"Close it {i} times.") for i in range(2000)]
    asked = {pair.query for pair in phrased(many, 1.0)}
    used = {
        phrase
        for phrase in PHRASES
        for i in range(2000)
        if phrase.format(query=f"Close it {i} times", language="python") in asked
    }
    assert used == {*PHRASES}


def test_braces_of_a_query_stay() -> None:
    pairs = [replace(pair, query=f"Fill {{name}} and {{{i}}}.") for i, pair in enumerate(PAIRS)]
    for pair, before in zip(phrased(pairs, 1.0), pairs, strict=True):
        assert before.query.removesuffix(".") in pair.query


def test_a_query_for_text_names_no_programming_language() -> None:
    of_text = [phrase for phrase in PHRASES if "{language}" not in phrase]
    pairs = [replace(pair, language="text") for pair in PAIRS]
    for pair, before in zip(phrased(pairs, 1.0), pairs, strict=True):
        assert pair.query in {
            phrase.format(query=before.query.removesuffix(".")) for phrase in of_text
        }
