"""Many texts as flat arrays of token ids."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpt_training.data.tokens import TokenLists, tokenise

TEXTS = ["open the file", "", "a", "open the file", "the file"]
Lists = list[list[int]]


def characters(texts: Sequence[str]) -> Lists:
    return [[ord(character) for character in text] for text in texts]


def lists(tokens: TokenLists) -> Lists:
    """What is in there, text by text."""
    return [
        tokens.ids[start:end].tolist()
        for start, end in zip(tokens.offsets, tokens.offsets[1:], strict=False)
    ]


TOKENS = tokenise(characters, TEXTS)


def test_ids_lie_end_to_end_in_the_order_of_their_texts() -> None:
    assert len(TOKENS) == 5
    assert lists(TOKENS) == characters(TEXTS)
    assert TOKENS.ids.dtype == np.int32


def test_equal_texts_have_equal_keys_and_others_have_others() -> None:
    keys = TOKENS.keys.tolist()
    assert keys[0] == keys[3]
    assert len({*keys}) == 4


@given(st.lists(st.integers(0, len(TEXTS) - 1), max_size=8))
def test_chosen_texts_come_in_the_order_asked_for(rows: list[int]) -> None:
    taken = TOKENS.take(np.array(rows, dtype=np.int64))
    assert lists(taken) == characters([TEXTS[row] for row in rows])
    assert taken.keys.tolist() == TOKENS.keys[rows].tolist()


@pytest.mark.parametrize("cut", [0, 2, 5])
def test_joined_parts_are_the_texts_of_all(cut: int) -> None:
    parts = [tokenise(characters, part) for part in (TEXTS[:cut], TEXTS[cut:])]
    joined = TokenLists.joined(parts)
    assert lists(joined) == lists(TOKENS)
    assert joined.keys.tolist() == TOKENS.keys.tolist()


@pytest.mark.parametrize("none", [tokenise(characters, []), TokenLists.joined([])])
def test_no_texts_are_no_rows(none: TokenLists) -> None:
    assert len(none) == 0
    assert lists(none) == []


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    for name, tokens in (("some", TOKENS), ("none", tokenise(characters, []))):
        tokens.save(tmp_path / name)
        loaded = TokenLists.load(tmp_path / name)
        assert lists(loaded) == lists(tokens)
        assert loaded.keys.tolist() == tokens.keys.tolist()


def test_loaded_texts_can_be_taken(tmp_path: Path) -> None:
    TOKENS.save(tmp_path / "some")
    taken = TokenLists.load(tmp_path / "some").take(np.array([4, 1, 0]))
    assert lists(taken) == characters([TEXTS[4], TEXTS[1], TEXTS[0]])
