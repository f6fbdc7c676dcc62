"""One normalisation: what opens, what is lower-cased, and that the tokenizers library agrees."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex
from tokenizers.normalizers import Lowercase, Replace, Sequence

from cpt_rag.text.lowercase import LOWERCASE
from cpt_rag.text.normalise import CASE_BOUNDARY, UNDERSCORE, normalise, open_identifiers

TOKENIZERS = Sequence([Replace(UNDERSCORE, " "), Replace(Regex(CASE_BOUNDARY), " "), Lowercase()])


@pytest.mark.parametrize(
    ("identifier", "opened"),
    [
        ("getUserName", "get User Name"),
        ("get_user_name", "get user name"),
        ("HTTPServer", "HTTP Server"),
        ("parseHTML5Doc", "parse HTML5 Doc"),
        ("SCREAMING_CASE", "SCREAMING CASE"),
        ("x", "x"),
        ("ABC", "ABC"),
    ],
)
def test_identifier_boundaries_are_opened(identifier: str, opened: str) -> None:
    assert open_identifiers(identifier) == opened


def test_a_character_is_lower_cased_without_regard_to_its_neighbours() -> None:
    assert normalise("ΟΔΟΣ") == "οδοσ"  # not the final sigma that str.lower writes
    assert normalise("İ") == "i̇"


def test_no_lower_case_form_has_one_of_its_own() -> None:
    for capital in LOWERCASE:
        form = chr(capital).translate(LOWERCASE)
        assert form.translate(LOWERCASE) == form


def test_newlines_and_indentation_are_kept() -> None:
    assert normalise("def f():\n\treturn  1\r\n") == "def f():\n\treturn  1\r\n"


def test_every_code_point_is_normalised_as_the_tokenizers_library_does() -> None:
    different = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if not 0xD800 <= code < 0xE000
        if normalise(f"a{chr(code)}B") != TOKENIZERS.normalize_str(f"a{chr(code)}B")
    ]
    assert different == []


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_normalised_as_the_tokenizers_library_does(text: str) -> None:
    assert normalise(text) == TOKENIZERS.normalize_str(text)
