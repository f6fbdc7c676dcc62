"""Search: the right chunk comes first, from either engine, and bad questions are told so."""

from __future__ import annotations

from pathlib import Path

import pytest

import cpt_rag
from cpt_rag.qdrant import Store


@pytest.fixture
def filled(store: Store, encoder: cpt_rag.Encoder, project: Path) -> Store:
    cpt_rag.ingest(project, collection="docs", store=store, encoder=encoder)
    return store


@pytest.mark.parametrize(
    ("query", "path", "symbol"),
    [
        ("what do all items in the cart cost together", "shop/cart.py", "Cart.total_price"),
        ("total_price", "shop/cart.py", "Cart.total_price"),
        ("email the customer a receipt", "shop/mail.go", "SendReceipt"),
        ("when is a credit card charged?", "README.md", None),
    ],
)
def test_a_question_finds_its_chunk(
    filled: Store, query: str, path: str, symbol: str | None
) -> None:
    best = cpt_rag.search(query, collection="docs", store=filled, limit=1)[0]
    assert best.path == path
    if symbol is not None:
        assert symbol.split(".")[-1] in best.text


def test_hits_are_complete_and_in_order(filled: Store, project: Path) -> None:
    hits = cpt_rag.search("customer", collection="docs", store=filled, limit=3)
    assert len(hits) == 3
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert hit.root == "shop"
        lines = (project / hit.path).read_text(encoding="utf-8").splitlines(keepends=True)
        assert hit.text in "".join(lines[hit.start_line - 1 : hit.end_line])


def test_files_and_other_records_are_never_hits(filled: Store) -> None:
    hits = cpt_rag.search("README.md shop", collection="docs", store=filled, limit=100)
    assert hits
    assert all(hit.text for hit in hits)


def test_an_open_collection_answers_many_questions(filled: Store) -> None:
    with cpt_rag.open_collection("docs", filled) as docs:
        first = cpt_rag.search("cart", collection=docs, limit=1)
        second = cpt_rag.search("receipt", collection=docs, limit=1)
    assert first[0].path != second[0].path


@pytest.mark.parametrize("query", ["", "  \n"])
def test_an_empty_query_is_refused(filled: Store, query: str) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="query is empty"):
        cpt_rag.search(query, collection="docs", store=filled)


def test_a_limit_below_one_is_refused(filled: Store) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="limit"):
        cpt_rag.search("x", collection="docs", store=filled, limit=0)


def test_a_query_longer_than_any_chunk_is_answered(filled: Store) -> None:
    query = "how is the receipt mailed to the customer? " * 2000
    hits = cpt_rag.search(query, collection="docs", store=filled, limit=1)
    assert hits[0].path == "shop/mail.go"


def test_a_query_without_words_is_answered_by_the_dense_arm(filled: Store) -> None:
    assert cpt_rag.search("=> {}", collection="docs", store=filled, limit=1)


def test_a_missing_collection_names_those_there_are(filled: Store) -> None:
    with pytest.raises(cpt_rag.CollectionNotFoundError, match="docs"):
        cpt_rag.search("x", collection="dosc", store=filled)


def test_an_encoder_that_is_gone_is_asked_for(store: Store, project: Path, tmp_path: Path) -> None:
    import shutil

    from cpt_rag.encoders.presets import MODELS

    place = Path(shutil.copytree(MODELS / "cpt-static", tmp_path / "model"))
    cpt_rag.ingest(project, collection="docs", store=store, encoder=place)
    moved = place.rename(tmp_path / "moved")
    with pytest.raises(cpt_rag.IdentityMismatchError, match="--encoder PATH"):
        cpt_rag.search("cart", collection="docs", store=store)
    assert cpt_rag.search("cart", collection="docs", store=store, encoder=moved)


def test_copies_do_not_shorten_the_list_of_hits(
    store: Store, encoder: cpt_rag.Encoder, project: Path
) -> None:
    for number in range(120):
        copy = project / "copies" / f"{number}.md"
        copy.parent.mkdir(exist_ok=True)
        copy.write_text("The customer gets a receipt by mail.\n", encoding="utf-8")
    cpt_rag.ingest(project, collection="docs", store=store, encoder=encoder)
    hits = cpt_rag.search("receipt for the customer", collection="docs", store=store, limit=3)
    assert len({hit.text for hit in hits}) == len(hits) == 3
