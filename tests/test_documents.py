"""Texts under the caller's own ids, on each engine that is always there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qdrant_client import QdrantClient

import cpt_rag
from cpt_rag import Collection, Documents, InvalidInputError, InvalidPointError
from cpt_rag.qdrant import ServerStore, Store, open_store

TEXTS = [
    "the carrier returns parcels",
    "payments are captured at night",
    "carts expire after a day",
]


@pytest.fixture(params=["embedded", "client"])
def collection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Collection]:
    client = QdrantClient(":memory:")
    embedded = request.param == "embedded"
    store: Store = open_store(tmp_path / "store") if embedded else ServerStore(client)
    with cpt_rag.open_collection("docs", store, create=True) as opened:
        yield opened
    client.close()


@pytest.fixture
def documents(collection: Collection) -> Documents:
    return Documents(collection)


def test_what_was_added_comes_back_as_it_was(documents: Documents) -> None:
    metadatas: list[dict[str, Any]] = [
        {"a": 1, "deep": {"b": [True, None, "x"]}},
        {},
        {"source": "shop/cart.md"},
    ]
    assert documents.add(TEXTS, metadatas, ["1", "two", "3"]) == ["1", "two", "3"]
    got = documents.get(["two", "missing", "1"])
    assert [(d.id, d.text, d.metadata) for d in got] == [
        ("two", TEXTS[1], {}),
        ("1", TEXTS[0], metadatas[0]),
    ]


def test_a_uuid_stands_for_itself(documents: Documents) -> None:
    own = str(uuid.UUID(int=7))
    documents.add(TEXTS[:1], ids=[own])
    assert [d.id for d in documents.get([own])] == [own]


def test_the_same_id_replaces_and_the_same_text_without_one_too(documents: Documents) -> None:
    documents.add(TEXTS[:1], ids=["1"])
    documents.add(TEXTS[1:2], ids=["1"])
    assert [d.text for d in documents.get(["1"])] == [TEXTS[1]]
    assert documents.add(TEXTS, [{"a": 1}] * 3) == documents.add(TEXTS, [{"a": 1}] * 3)
    assert len({*documents.add(TEXTS), *documents.add(TEXTS, [{"a": 1}] * 3)}) == 6


def test_the_nearest_come_first_and_are_scored_by_cosine(
    collection: Collection, documents: Documents
) -> None:
    documents.add(TEXTS, ids=["1", "2", "3"])
    vector = collection.encoder.encode_query(["when do carts expire"])[0]
    first, second = documents.nearest(vector, 2, with_vectors=True)
    assert first.id == "3"
    assert first.vector is not None
    assert first.score == pytest.approx(float(first.vector @ vector), abs=1e-5)
    assert first.score > second.score


@pytest.mark.parametrize(
    ("matching", "ids"),
    [
        ({"team": "a"}, {"1", "2"}),
        ({"team": ["a", "b"]}, {"1", "2", "3"}),
        ({"team": "a", "year": 2025}, {"2"}),
        ({"deep.er": "x"}, {"3"}),
        ({"team": "z"}, set()),
    ],
)
def test_filters_are_on_metadata(
    collection: Collection, documents: Documents, matching: dict[str, Any], ids: set[str]
) -> None:
    documents.add(
        TEXTS,
        [
            {"team": "a", "year": 2024},
            {"team": "a", "year": 2025},
            {"team": "b", "deep": {"er": "x"}},
        ],
        ["1", "2", "3"],
    )
    vector = collection.encoder.encode_query(["anything"])[0]
    assert {d.id for d in documents.nearest(vector, 10, matching)} == ids
    documents.delete_where(matching)
    assert {d.id for d in documents.get(["1", "2", "3"])} == {"1", "2", "3"} - ids


def test_search_finds_documents_beside_chunks(
    collection: Collection, documents: Documents, tmp_path: Path
) -> None:
    documents.add(TEXTS, [{"source": "notes/cart.md"}, {}, {}], ["1", "2", "3"])
    hits = cpt_rag.search("when do carts expire", collection=collection, limit=3)
    assert hits[0].text == TEXTS[2]
    assert hits[0].id == str(uuid.uuid5(uuid.UUID("5f6d8ff5-0a0c-5e34-9f4f-6f1b7c1d7a52"), "3"))
    assert {hit.path for hit in hits} == {"notes/cart.md", ""}
    assert all(hit.start_line == 0 and hit.root == "" for hit in hits)


def test_search_filters_documents_by_path_and_by_metadata_of_their_own(
    collection: Collection, documents: Documents
) -> None:
    metadatas: list[dict[str, Any]] = [
        {"path": "notes/shop/cart.md", "year": 2024},
        {"path": "a.md"},
        {"team": "b"},
    ]
    documents.add(TEXTS, metadatas, ["1", "2", "3"])

    def found(**filters: Any) -> set[str]:
        hits = cpt_rag.search("anything", collection=collection, filters=filters)
        return {document.id for document in documents.behind(hits)}

    assert found(path="notes/") == {"1"}
    assert found(path="*.md") == {"1", "2"}
    assert found(**{"metadata.team": "b"}) == {"3"}
    assert found(**{"metadata.year": [2024, 2025]}) == {"1"}
    assert found(**{"metadata.year": 2024}, path="a.md") == set()
    with pytest.raises(InvalidInputError, match=r"metadata\.year"):
        found(**{"metadata.year": []})


def test_behind_hits_are_documents_under_their_own_ids(
    collection: Collection, documents: Documents
) -> None:
    documents.add(TEXTS, [{"n": 1}, {"n": 2}, {"n": 3}], ["1", "2", "3"])
    hits = cpt_rag.search("when do carts expire", collection=collection)
    found = documents.behind(hits)
    assert [(d.text, d.score) for d in found] == [(hit.text, hit.score) for hit in hits]
    assert (found[0].id, found[0].metadata) == ("3", {"n": 3})
    assert documents.get([hit.id for hit in hits]) == documents.get([d.id for d in found])
    assert documents.behind([]) == []


def test_deletes_of_missing_ids_are_silent(documents: Documents) -> None:
    documents.add(TEXTS, ids=["1", "2", "3"])
    documents.delete(["2", "none"])
    documents.delete([])
    assert [d.id for d in documents.get(["1", "2", "3"])] == ["1", "3"]


@pytest.mark.parametrize(
    "arguments",
    [
        (TEXTS, [{}]),
        (TEXTS, None, ["1"]),
        (TEXTS, None, ["1", "1", "2"]),
        (TEXTS, None, ["1", "", "2"]),
        ([*TEXTS, " "], None, None),
        ([*TEXTS, 3], None, None),
        ("one string", None, None),
        (TEXTS, None, "abc"),
    ],
)
def test_what_cannot_be_added_is_refused_whole(
    collection: Collection, documents: Documents, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(InvalidInputError, match="Expected: "):
        documents.add(*arguments)
    assert collection.engine.count() == 0


def test_metadata_that_cannot_be_stored_is_named(
    collection: Collection, documents: Documents
) -> None:
    with pytest.raises(InvalidPointError, match=r"metadata\.when, of type object"):
        documents.add(TEXTS, [{}, {}, {"when": object()}])
    assert collection.engine.count() == 0


@pytest.mark.parametrize(
    "matching", [{}, None, "team", {"team": []}, {"team": 1.5}, {"team": True}]
)
def test_an_empty_or_odd_filter_deletes_nothing(documents: Documents, matching: Any) -> None:
    documents.add(TEXTS, ids=["1", "2", "3"])
    with pytest.raises(InvalidInputError):
        documents.delete_where(matching)
    with pytest.raises(InvalidInputError):
        documents.delete("1")
    assert len(documents.get(["1", "2", "3"])) == 3


def test_a_second_run_mends_what_a_failing_encoder_left(tmp_path: Path) -> None:
    """Nothing half-written stays once the same call has gone through."""
    failing = True

    def embed(texts: Any) -> list[list[float]]:
        if failing and "text 1000" in texts:
            raise ConnectionError("the service is away")
        return [[1.0, float(len(text)), 0.5] for text in texts]

    encoder = cpt_rag.ForeignEncoder("svc", embed)
    texts = [f"text {n}" for n in range(1500)]
    with cpt_rag.open_collection("d", tmp_path / "s", encoder=encoder, create=True) as opened:
        with pytest.raises(ConnectionError):
            Documents(opened).add(texts)
        failing = False
        Documents(opened).add(texts)
        assert opened.engine.count() == 1500
    assert np.isfinite(encoder.encode_query(["x"])).all()
