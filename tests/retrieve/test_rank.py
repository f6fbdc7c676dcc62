"""Ranking: what only code has is counted, and every part of a score is told."""

from __future__ import annotations

from typing import Any

import pytest

from cpt_rag.retrieve import weights
from cpt_rag.retrieve.query import QueryClass, read_query
from cpt_rag.retrieve.rank import prose_factor, rank, role_factors
from cpt_rag.types import Hit, Scored


def chunk(path: str, score: float, symbol: str | None = None, **changes: Any) -> Scored:
    """A candidate; its text is its own unless another is given."""
    number = changes.pop("line", 1)
    metadata = {
        "root": "shop", "path": path, "symbol": symbol, "language": "python", "kind": "function",
        "start": 0, "end": 9, "start_line": number, "end_line": number + 1,
    }  # fmt: skip
    record = {
        "kind": "chunk",
        "role": changes.pop("role", "source"),
        "name": symbol.split(".")[-1].lower() if symbol else None,
    }
    text = changes.pop("text", f"{path} {number} {symbol}")
    payload = {"page_content": text, "metadata": metadata | changes, "_cpt": record}
    return Scored(f"{path}:{number}:{symbol}", score, payload)


def paths(hits: list[Hit]) -> list[str]:
    return [hit.path for hit in hits]


def first(query: str, *candidates: Scored) -> Hit:
    return rank(read_query(query), candidates, 10)[0]


def test_the_fused_order_stands_where_nothing_else_tells() -> None:
    candidates = [chunk("a.py", 0.9), chunk("b.py", 0.5), chunk("c.py", 0.2)]
    assert paths(rank(read_query("charge a card"), candidates, 2)) == ["a.py", "b.py"]


def test_a_file_called_as_the_query_says_comes_first() -> None:
    hit = first("sum of all prices", chunk("a.py", 0.6), chunk("shop/pricing.py", 0.5))
    assert hit.path == "shop/pricing.py"


def test_so_does_one_whose_name_runs_the_words_together() -> None:
    hit = first("a pool of threads: the thread pool", chunk("a.c", 0.6), chunk("threadpool.c", 0.3))
    assert hit.path == "threadpool.c"
    assert hit.why["path"] >= weights.COMPOUND


def test_a_word_that_every_file_has_in_its_name_says_little() -> None:
    same = [chunk(f"cart_{name}.py", 0.5) for name in ("a", "b", "c")]
    hits = rank(read_query("prices in the cart"), [*same, chunk("prices.py", 0.5)], 10)
    parts = {hit.path: hit.why["path"] for hit in hits}
    assert parts["prices.py"] > 1.5 * parts["cart_a.py"] > 0


def test_a_file_that_is_named_comes_first() -> None:
    hit = first("what does shop/Cart.py do", chunk("a.py", 0.9), chunk("src/shop/cart.py", 0.1))
    assert hit.path == "src/shop/cart.py"


def test_a_symbol_counts_for_its_words() -> None:
    hits = [chunk("a.py", 0.5, "Cart.close"), chunk("b.py", 0.5, "Cart.total_price")]
    assert first("the price in total", *hits).symbol == "Cart.total_price"


def test_a_name_that_is_written_out_counts_for_more_than_its_words_in_a_file_name() -> None:
    retries = chunk("retries.py", 0.6, text="for retry in retries: wait(retry)")
    settings = chunk("settings.py", 0.4, text="MAX_RETRIES = 3")
    assert first("where is MAX_RETRIES", retries, settings).path == "settings.py"


def test_several_good_chunks_in_one_file_support_the_best_of_them() -> None:
    together = [chunk("a.py", 0.4, line=line) for line in (1, 5, 9)]
    hits = rank(read_query("charge a card"), [chunk("b.py", 0.45), *together], 10)
    assert hits[0].path == "a.py"
    assert [hit.why["file"] > 0 for hit in hits if hit.path == "a.py"] == [True, False, False]


def test_further_chunks_of_a_file_leave_room_for_others() -> None:
    candidates = [chunk("a.py", 0.50, line=1), chunk("a.py", 0.49, line=5), chunk("b.py", 0.48)]
    assert paths(rank(read_query("charge a card"), candidates, 10)) == ["a.py", "b.py", "a.py"]


def test_the_same_text_comes_once() -> None:
    copies = [chunk(path, 0.5, text="def f(): pass\n") for path in ("a.py", "b.py")]
    hits = rank(read_query("charge a card"), [*copies, chunk("c.py", 0.1)], 10)
    assert paths(hits) == ["a.py", "c.py"]


@pytest.mark.parametrize(
    ("query", "role"),
    [
        ("the tests of the cart", "test"),
        ("example of a cart", "example"),
        ("vendored zlib", "vendored"),
        ("what changed in the last release", "history"),
    ],
)
def test_a_role_that_is_asked_for_counts_in_full(query: str, role: str) -> None:
    assert role not in role_factors(read_query(query))
    assert role_factors(read_query("sum of all prices"))[role] < 1


def test_prose_counts_in_full_for_who_asks_how_to_use_it() -> None:
    assert prose_factor(read_query("how is the installation done")) == 1
    assert prose_factor(read_query("how is it done")) == weights.PROSE[QueryClass.ARCHITECTURE] < 1


def test_what_matches_by_name_in_a_test_does_not_pass_the_code() -> None:
    test = chunk("tests/prices.py", 0.5 * weights.ROLES["test"], role="test")
    assert first("sum of all prices", test, chunk("a.py", 0.5)).path == "a.py"


def test_a_score_is_the_sum_of_its_parts_times_its_factors() -> None:
    candidates = [
        chunk("shop/price.py", 0.9, "Cart.total_price", line=1),
        chunk("shop/price.py", 0.6, "Cart.totalPrice", line=9),
        chunk("tests/price.py", 0.2, "test_price", role="test"),
        chunk("README.md", 0.4, language="markdown"),
    ]
    hits = rank(read_query("where is total_price in the shop"), candidates, 10)
    assert len(hits) == 4
    for hit in hits:
        why = hit.why
        matched = why["fused"] * why["definition"] + why["path"] + why["symbol"] + why["mention"]
        assert hit.score == pytest.approx((matched * why["role"] + why["file"]) * why["repeat"])
    best = hits[0].why
    assert best["definition"] == weights.DEFINITION
    assert best["fused"] * best["definition"] == pytest.approx(1.0)  # of the best candidate


def test_scores_below_zero_count_as_nothing() -> None:
    hits = rank(read_query("charge a card"), [chunk("a.py", -0.5), chunk("card.py", -0.9)], 10)
    assert paths(hits) == ["card.py", "a.py"]
    assert all(hit.why["fused"] == 0 for hit in hits)


def test_hits_may_stand_in_a_set_whatever_their_scores_are_made_of() -> None:
    candidates = [chunk("a.py", 0.9), chunk("b.py", 0.5)]
    assert len({*rank(read_query("charge a card"), candidates, 10)}) == 2


def test_nothing_found_gives_nothing() -> None:
    assert rank(read_query("anything"), [], 10) == []
