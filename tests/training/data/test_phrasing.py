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


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_share_of_the_queries_begins_as_people_ask(share: float) -> None:
    found = list(phrased(PAIRS, share))
    changed = 0
    for pair, before in zip(found, PAIRS, strict=True):
        assert replace(pair, query=before.query) == before
        if pair.query != before.query:
            phrase = pair.query.removesuffix(f" {before.query}")
            assert phrase in {known.format(language="python") for known in PHRASES}
            changed += 1
    assert changed / len(PAIRS) == pytest.approx(share, abs=0.08)


def test_a_pair_always_begins_with_the_same_phrase() -> None:
    there, back = phrased(PAIRS, 0.5), phrased(PAIRS[::-1], 0.5)
    assert [*there] == [*back][::-1]


def test_every_phrase_is_used() -> None:
    many = [replace(PAIRS[0], query=f"Close it {i} times.") for i in range(2000)]
    begun = {pair.query.split(" Close")[0] for pair in phrased(many, 1.0)}
    assert begun == {phrase.format(language="python") for phrase in PHRASES}


def test_a_query_for_text_begins_with_no_programming_language() -> None:
    pairs = [replace(pair, language="text") for pair in PAIRS]
    for pair, before in zip(phrased(pairs, 1.0), pairs, strict=True):
        phrase = pair.query.removesuffix(f" {before.query}")
        assert phrase in {known for known in PHRASES if "{language}" not in known}
