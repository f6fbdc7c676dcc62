"""Term weights: what counts as a term, and how its weight grows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cpt_rag.text.bm25 import document_vector, query_vector
from cpt_rag.types import SparseVector


def weights(vector: SparseVector | None) -> dict[int, float]:
    assert vector is not None
    return dict(zip(vector.indices, vector.values, strict=True))


def terms(text: str) -> set[int]:
    return set(weights(query_vector(text)))


def test_an_identifier_is_found_by_its_parts_and_across_naming_conventions() -> None:
    assert terms("name") < terms("getUserName")
    assert terms("get_user_name") == terms("getUserName")
    assert terms("getUserName") > terms("get user name")  # the whole name is a term of its own


def test_case_does_not_matter() -> None:
    assert terms("Timeout") == terms("timeout")


def test_repetition_raises_a_weight_less_and_less() -> None:
    (term,) = terms("retry")
    once, twice, thrice = (
        weights(document_vector(" ".join(["retry"] * n + ["filler"] * (10 - n))))[term]
        for n in (1, 2, 3)
    )
    assert once < twice < thrice
    assert thrice - twice < twice - once


def test_a_term_weighs_less_in_a_longer_document() -> None:
    (term,) = terms("retry")
    short = weights(document_vector("retry a request"))[term]
    long = weights(document_vector("retry a request " + "other words here " * 100))[term]
    assert long < short


def test_a_query_weighs_each_distinct_term_once() -> None:
    vector = query_vector("retry retry backoff")
    assert vector is not None
    assert list(vector.values) == [1.0, 1.0]


def test_text_without_words_has_no_vector() -> None:
    assert document_vector(" => {} ;") is None
    assert query_vector("") is None


@given(st.text())
def test_indices_are_distinct_unsigned_32_bit_and_weights_positive(text: str) -> None:
    vector = document_vector(text)
    if vector is not None:
        assert list(vector.indices) == sorted(set(vector.indices))
        assert all(0 <= index < 2**32 for index in vector.indices)
        assert len(vector.values) == len(vector.indices)
        assert all(value > 0 for value in vector.values)


def test_function_words_ask_for_nothing_where_there_are_others() -> None:
    assert query_vector("how is the price of an item summed up") == query_vector(
        "price item summed up"
    )
    assert query_vector("if this is it") is not None
    document = document_vector("if this is it")
    assert document is not None
    assert len(document.indices) == 4
