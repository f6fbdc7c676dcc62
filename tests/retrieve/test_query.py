"""What a query is, told from its text alone."""

from __future__ import annotations

import pytest

from cpt_rag.retrieve.query import read_query, stem


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Cart", "symbol"),
        ("Cart.add_item", "symbol"),
        ("add_item()", "symbol"),
        ("std::vector", "symbol"),
        ("cart", "symbol"),
        ("shop/cart.py", "path"),
        ("cart.py", "path"),
        ("KeyError: 'price'", "error"),
        ('Traceback (most recent call last):\n  File "a.py"', "error"),
        ("cannot read property 'x' of undefined", "error"),
        ("panic: runtime error: index out of range", "error"),
        ("how prices are summed up", "architecture"),
        ("life cycle of a request", "architecture"),
        ("sum of all prices", "language"),
        ("where are cards charged?", "language"),
    ],
)
def test_its_class(text: str, kind: str) -> None:
    assert read_query(text).kind.value == kind
    assert read_query(f"  {text}\n").kind.value == kind


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("$ flask routes costs $5", ()),
        ("where is $scope set", ("$scope",)),
        ("Cart.add_item", ("add_item",)),
        ("where is totalPrice used", ("totalprice",)),
        ("what calls SendReceipt() and add_item", ("sendreceipt", "add_item")),
        ("JSON over HTTP", ()),
        ("open the cart. then pay", ()),
        ("what does cart.py do", ()),
    ],
)
def test_names_are_what_no_english_word_looks_like(text: str, names: tuple[str, ...]) -> None:
    assert read_query(text).names == names


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("what does Shop/Cart.py do", ("shop/cart.py",)),
        ("the tests in tests/unit/", ("tests/unit",)),
        ("version 1.5 of it", ()),
        ("read and/or write", ("and/or",)),
    ],
)
def test_paths_are_found(text: str, paths: tuple[str, ...]) -> None:
    assert read_query(text).paths == paths


def test_words_are_stems_of_what_carries_meaning() -> None:
    query = read_query("how are the routes of a getUserName request routed")
    assert query.words == ("rout", "get", "user", "nam", "request")
    assert "the" in query.said


def test_neighbouring_words_are_run_together_as_file_names_have_them() -> None:
    compounds = read_query("work of the thread pool queue").compounds
    assert {"threadpool", "threadpoolqueue"} <= compounds
    assert "thread" not in compounds


@pytest.mark.parametrize("words", ["routing routes router routed", "compression compress"])
def test_forms_of_a_word_share_a_stem(words: str) -> None:
    assert len({stem(word) for word in words.split()}) == 1


def test_a_short_word_keeps_its_ending() -> None:
    assert [stem(word) for word in ("user", "bus", "ring", "es")] == ["user", "bus", "ring", "es"]


def test_a_very_long_query_is_read_in_its_beginning() -> None:
    query = read_query("Cart.add_item fails " + "x " * 10**6 + "Cart.remove_item")
    assert query.names == ("add_item",)
