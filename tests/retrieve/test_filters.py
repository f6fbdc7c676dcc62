"""Filters: what is searched among, on either engine, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import cpt_rag
from cpt_rag.qdrant import FOLDERS, Store, Where
from cpt_rag.retrieve.filters import where


@pytest.fixture
def filled(store: Store, encoder: cpt_rag.Encoder, project: Path) -> Store:
    (project / "tests").mkdir()
    (project / "tests" / "test_cart.py").write_text(
        "def test_add_item(cart):\n    cart.add_item(1)\n    assert cart.items\n", encoding="utf-8"
    )
    cpt_rag.ingest(project, collection="docs", store=store, encoder=encoder)
    return store


def found(store: Store, **filters: Any) -> set[tuple[str, str | None]]:
    hits = cpt_rag.search("item", collection="docs", store=store, limit=50, filters=filters)
    return {(hit.path, hit.symbol) for hit in hits}


@pytest.mark.parametrize(
    ("filters", "paths"),
    [
        ({"language": "go"}, {"shop/mail.go"}),
        ({"language": ["go", "markdown"]}, {"shop/mail.go", "README.md"}),
        ({"path": "shop/"}, {"shop/mail.go", "shop/cart.py"}),
        ({"path": "*.py"}, {"shop/cart.py", "tests/test_cart.py"}),
        ({"path": ["*.py", "!tests/"]}, {"shop/cart.py"}),
        ({"path": "**/cart.py"}, {"shop/cart.py"}),
        ({"path": ["shop/", "/tests/"]}, {"shop/mail.go", "shop/cart.py", "tests/test_cart.py"}),
        ({"path": "/cart.py"}, set()),
        ({"path": "nowhere/"}, set()),
        ({"language": "cobol"}, set()),
        ({"root": "shop"}, {"shop/mail.go", "shop/cart.py", "tests/test_cart.py", "README.md"}),
        ({"root": "other"}, set()),
        ({"language": "python", "path": "tests/"}, {"tests/test_cart.py"}),
        ({"symbol": "sendreceipt"}, {"shop/mail.go"}),
        ({"symbol": "Cart.nothing"}, set()),
    ],
)
def test_only_what_matches_every_filter_is_found(
    filled: Store, filters: dict[str, Any], paths: set[str]
) -> None:
    assert {path for path, _ in found(filled, **filters)} == paths


def test_a_symbol_is_found_by_its_qualified_name_and_by_its_last_part(filled: Store) -> None:
    whole = {(path, symbol) for path, symbol in found(filled) if path == "shop/cart.py"}
    for _, symbol in whole:
        if symbol:
            by_name = found(filled, symbol=symbol)
            by_last_part = found(filled, symbol=symbol.split(".")[-1])
            assert ("shop/cart.py", symbol) in by_name & by_last_part


def test_a_pattern_is_told_by_folders_where_they_hold_nothing_else(filled: Store) -> None:
    with cpt_rag.open_collection("docs", filled) as docs:
        assert where({"path": "shop/"}, docs.engine) == Where({FOLDERS: ["shop"]})
        assert where({"path": "*.go"}, docs.engine) == Where({"metadata.path": ["shop/mail.go"]})


def test_no_filters_leave_everything(filled: Store) -> None:
    assert found(filled) == found(filled, root=["shop"])


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"colour": "red"}, "no filter 'colour'"),
        ({"language": []}, "filter 'language' is"),
        ({"language": ""}, "filter 'language' is"),
        ({"language": [1]}, "filter 'language' is"),
        ({"path": "!"}, "filter 'path' is"),
    ],
)
def test_a_filter_that_says_nothing_is_refused(
    filled: Store, filters: dict[str, Any], said: str
) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match=said):
        found(filled, **filters)
