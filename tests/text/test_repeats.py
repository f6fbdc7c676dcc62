"""A word that stands again a little further on is left out, as the tokenizers library does it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex
from tokenizers.normalizers import Replace

import cpt_rag
from cpt_rag.text.normalise import normalise
from cpt_rag.text.repeats import repeated_word, without_repeats

WORDS = ["a", "ab", "b", "1", "11", "(", "((", "é", "数据", " ", "\n", "\x00", "\ud7ff"]


@pytest.mark.parametrize(
    ("text", "within", "kept"),
    [
        ("red green red", 1, "red green red"),
        ("red green red", 2, "green red"),
        ("red red red", 1, "red"),
        ("red green red blue red", 2, "green blue red"),
        ("redder red", 8, "redder red"),
        ("f(x, x)", 8, "f ( , x )"),
        ("(( x (", 8, "(( x ("),
        ("x 1 y 11 z 1", 8, "x y 11 z 1"),
        ("one\n\n\tone", 1, "one"),
        ("数据 数据", 1, "数据"),
        (" \n", 8, ""),
    ],
)
def test_the_last_of_words_that_stand_close_stays(text: str, within: int, kept: str) -> None:
    assert without_repeats(text, within) == kept


def words(text: str) -> str:
    """The words of ``text``, all of them."""
    return without_repeats(text, 0)


@settings(max_examples=400)
@given(
    st.lists(st.sampled_from(WORDS), max_size=30).map("".join)
    | st.text(st.characters(codec="utf-8"))
)
@pytest.mark.parametrize("within", [1, 2, 8])
def test_the_tokenizers_library_leaves_out_the_same(within: int, text: str) -> None:
    text = normalise(text)
    replaced = Replace(Regex(repeated_word(within)), " ").normalize_str(text)
    assert without_repeats(text, within) == words(replaced)


def test_they_agree_on_real_code() -> None:
    leave_out = Replace(Regex(repeated_word(8)), " ")
    for path in sorted(Path(cpt_rag.__file__).parent.rglob("*.py")):
        text = normalise(path.read_text(encoding="utf-8"))
        assert without_repeats(text, 8) == words(leave_out.normalize_str(text))
