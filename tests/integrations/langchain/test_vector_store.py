"""``CptVectorStore`` passes LangChain's own suite on each engine, and keeps its promises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.indexing import InMemoryRecordManager, index

import cpt_rag
from cpt_rag.qdrant import Store
from langchain_cpt import CptEmbeddings, CptRetriever, CptVectorStore

TEXTS = [
    "the carrier returns parcels that nobody fetched",
    "payments are captured at night",
    "carts expire after a day",
]
METADATAS: list[dict[str, Any]] = [
    {"team": "a", "year": 2024},
    {"team": "a", "year": 2025, "deep": {"er": ["x", None, 1.5, True]}},
    {"team": "b", "path": "notes/cart.md"},
]
IDS = ["1", "2", "3"]


@pytest.fixture
def empty(store: Store) -> Iterator[CptVectorStore]:
    with CptVectorStore("docs", store) as made:
        yield made


@pytest.fixture
def filled(empty: CptVectorStore) -> CptVectorStore:
    empty.add_texts(TEXTS, METADATAS, ids=IDS)
    return empty


def ids(documents: list[Document]) -> list[str | None]:
    return [document.id for document in documents]


def test_documents_come_back_in_the_order_asked_with_their_metadata(
    filled: CptVectorStore,
) -> None:
    found = filled.get_by_ids(["3", "missing", "2"])
    assert found == [
        Document(id="3", page_content=TEXTS[2], metadata=METADATAS[2]),
        Document(id="2", page_content=TEXTS[1], metadata=METADATAS[1]),
    ]


def test_the_nearest_come_first_with_their_cosines(filled: CptVectorStore) -> None:
    query = "when do carts expire?"
    found = filled.similarity_search_with_score(query, k=2)
    vector = np.array(filled.embeddings.embed_query(query))
    texts = np.array(filled.embeddings.embed_documents([d.page_content for d, _ in found]))
    assert found[0][0].id == "3"
    assert [score for _, score in found] == pytest.approx((texts @ vector).tolist(), abs=1e-5)
    assert filled.similarity_search(query, 2) == [document for document, _ in found]
    assert filled.similarity_search_by_vector(vector.tolist(), 2) == [d for d, _ in found]


def test_relevance_scores_lie_between_0_and_1(filled: CptVectorStore) -> None:
    found = filled.similarity_search_with_relevance_scores(TEXTS[2], k=3)
    cosines = [score for _, score in filled.similarity_search_with_score(TEXTS[2], k=3)]
    assert found[0][1] == pytest.approx(1.0, abs=1e-5)
    assert [score for _, score in found] == pytest.approx([(c + 1) / 2 for c in cosines], abs=1e-5)
    near = filled.similarity_search_with_relevance_scores(TEXTS[2], k=3, score_threshold=0.9)
    assert ids([document for document, _ in near]) == ["3"]


def test_diverse_results_leave_near_copies_out(empty: CptVectorStore) -> None:
    texts = ["carts expire after a day", "carts expire after one day", "payments at night"]
    empty.add_texts(texts, ids=IDS)
    near, diverse = [
        empty.max_marginal_relevance_search("carts expire", k=2, lambda_mult=share)
        for share in (1.0, 0.1)
    ]
    assert {*ids(near)} == {"1", "2"}
    assert ids(diverse)[0] in {"1", "2"}
    assert ids(diverse)[1] == "3"
    vector = empty.embeddings.embed_query("carts expire")
    assert empty.max_marginal_relevance_search_by_vector(vector, 2, lambda_mult=0.1) == diverse


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"team": "a"}, {"1", "2"}),
        ({"team": ["a", "b"]}, {"1", "2", "3"}),
        ({"team": "a", "year": [2025, 2026]}, {"2"}),
        ({"deep.er": "x"}, {"2"}),
        ({"team": "z"}, set()),
        ({}, {"1", "2", "3"}),
    ],
)
def test_every_search_takes_a_filter_on_metadata(
    filled: CptVectorStore, chosen: dict[str, Any], expected: set[str]
) -> None:
    vector = filled.embeddings.embed_query("anything")
    for found in (
        filled.similarity_search("anything", k=9, filter=chosen),
        [d for d, _ in filled.similarity_search_with_score("anything", k=9, filter=chosen)],
        filled.similarity_search_by_vector(vector, k=9, filter=chosen),
        filled.max_marginal_relevance_search("anything", k=9, filter=chosen),
        filled.hybrid_search("anything", k=9, filter=chosen),
        filled.as_retriever(search_kwargs={"k": 9, "filter": chosen}).invoke("anything"),
        asyncio.run(filled.asimilarity_search("anything", k=9, filter=chosen)),
    ):
        assert {*ids(found)} == expected


def test_hybrid_search_ranks_as_the_library_under_the_ids_of_the_store(
    filled: CptVectorStore,
) -> None:
    found = filled.hybrid_search("when do carts expire", k=3)
    hits = cpt_rag.search("when do carts expire", collection=filled.collection, limit=3)
    assert [d.page_content for d in found] == [hit.text for hit in hits]
    assert found[0] == Document(
        id="3", page_content=TEXTS[2], metadata={**METADATAS[2], "score": hits[0].score}
    )
    assert ids(filled.hybrid_search("carts", filters={"path": "notes/"})) == ["3"]
    assert filled.hybrid_search("carts", filter={"team": "a"}, filters={"path": "notes/"}) == []
    assert asyncio.run(filled.ahybrid_search("when do carts expire", 3)) == found


def test_a_folder_and_texts_of_ones_own_share_a_collection(store: Store, project: Path) -> None:
    cpt_rag.ingest(project, collection="docs", store=store)
    with CptVectorStore("docs", store, CptEmbeddings()) as added:
        added.add_texts(["Items go into a basket, never a cart."], ids=["note"])
        found = added.hybrid_search("put an item into the cart", k=9)
        assert "note" in ids(found)
        chunk = next(d for d in found if d.metadata.get("symbol") == "Cart")
        assert chunk.id is not None
        (again,) = added.get_by_ids([chunk.id])
        assert {**again.metadata, "score": chunk.metadata["score"]} == chunk.metadata
        with CptRetriever(collection=added.collection, k=9) as retriever:
            assert retriever.invoke("put an item into the cart") == found
    hits = cpt_rag.search("a basket", collection="docs", store=store)
    assert "Items go into a basket, never a cart." in [hit.text for hit in hits]


def test_from_documents_and_from_texts_fill_a_collection(store: Store) -> None:
    documents = [
        Document(id=i, page_content=text, metadata=metadata)
        for i, text, metadata in zip(IDS, TEXTS, METADATAS, strict=True)
    ]
    with CptVectorStore.from_documents(documents, CptEmbeddings(), store=store) as made:
        assert made.get_by_ids(IDS) == documents
    with asyncio.run(
        CptVectorStore.afrom_texts(["more"], CptEmbeddings(), store=store, ids=["4"])
    ) as made:
        assert ids(made.get_by_ids([*IDS, "4"])) == [*IDS, "4"]


def test_a_text_without_an_id_gets_the_same_one_each_time(empty: CptVectorStore) -> None:
    assert empty.add_texts(iter(TEXTS)) == empty.add_texts(TEXTS)
    some = [Document("a", id="1"), Document("b")]
    first, second = empty.add_documents(some)
    assert first == "1"
    assert [d.page_content for d in empty.get_by_ids([second, first])] == ["b", "a"]
    assert empty.collection.engine.count() == 5


@pytest.mark.parametrize(
    ("texts", "arguments"),
    [
        (TEXTS, {"metadatas": METADATAS[:2]}),
        (TEXTS, {"metadatas": []}),
        (TEXTS, {"ids": IDS[:2]}),
        (TEXTS, {"ids": ["1", "1", "2"]}),
        ([*TEXTS, "  "], {}),
        ("one string", {}),
        (TEXTS, {"namespace": "x"}),
    ],
)
def test_what_cannot_be_added_is_refused_whole(
    empty: CptVectorStore, texts: Any, arguments: dict[str, Any]
) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="Expected: "):
        empty.add_texts(texts, **arguments)
    assert empty.collection.engine.count() == 0


def test_deleting_takes_ids_and_nothing_less(filled: CptVectorStore) -> None:
    for arguments in ((), (None,)):
        with pytest.raises(cpt_rag.InvalidInputError, match="no ids"):
            filled.delete(*arguments)
    with pytest.raises(cpt_rag.InvalidInputError):
        filled.delete(filter={"team": "a"})
    assert filled.delete([]) is True
    assert filled.delete(["2", "missing"]) is True
    assert ids(filled.get_by_ids(IDS)) == ["1", "3"]


@pytest.mark.parametrize(
    "search",
    [
        lambda s: s.similarity_search(" "),
        lambda s: s.similarity_search("x", k=0),
        lambda s: s.similarity_search("x", filter={"team": []}),
        lambda s: s.similarity_search("x", filters={"team": "a"}),
        lambda s: s.similarity_search_by_vector([1.0, 2.0]),
        lambda s: s.hybrid_search("x", filters={"team": "a"}),
        lambda s: s.hybrid_search("x", filter={"team": 1.5}),
    ],
)
def test_a_search_that_cannot_be_is_refused(
    filled: CptVectorStore, search: Callable[[CptVectorStore], object]
) -> None:
    with pytest.raises((cpt_rag.InvalidInputError, cpt_rag.InvalidPointError), match="Expected: "):
        search(filled)


def test_without_an_embedding_it_takes_the_collections_own(store: Store) -> None:
    with CptVectorStore("docs", store, CptEmbeddings()) as made:
        made.add_texts(TEXTS, ids=IDS)
    with CptVectorStore("docs", store) as again:
        assert isinstance(again.embeddings, CptEmbeddings)
        assert ids(again.similarity_search(TEXTS[0], k=1)) == ["1"]


def test_another_embedding_is_refused_by_name(store: Store, waiting: Any) -> None:
    with CptVectorStore("docs", store, DeterministicFakeEmbedding(size=3)):
        pass
    with pytest.raises(cpt_rag.IdentityMismatchError, match="DeterministicFakeEmbedding"):
        CptVectorStore("docs", store, waiting)
    with pytest.raises(cpt_rag.IdentityMismatchError):
        CptVectorStore("docs", store, CptEmbeddings())


def test_an_embeddings_model_is_part_of_its_name(store: Store) -> None:
    class Service(DeterministicFakeEmbedding):
        model: str = "large"

    with CptVectorStore("docs", store, Service(size=3)) as made:
        name = made.collection.encoder.fingerprint.name
    assert name.endswith("Service:large")
    with pytest.raises(cpt_rag.IdentityMismatchError, match="Service:large"):
        CptVectorStore("docs", store, Service(size=3, model="small"))


def test_an_open_collection_stays_the_callers(store: Store) -> None:
    with cpt_rag.open_collection("docs", store, create=True) as opened:
        with CptVectorStore(opened) as made:
            made.add_texts(TEXTS)
        assert opened.engine.count() == 3
        with pytest.raises(cpt_rag.InvalidInputError, match="is open"):
            CptVectorStore(opened, embedding=CptEmbeddings())


def test_a_failed_start_leaves_the_collection_free(tmp_path: Path) -> None:
    with pytest.raises(cpt_rag.InvalidInputError):
        CptVectorStore.from_texts([" "], CptEmbeddings(), store=tmp_path / "store")
    from cpt_rag.qdrant import open_store

    open_store(tmp_path / "store").delete("docs")


def test_langchains_indexer_adds_skips_and_cleans_up(empty: CptVectorStore) -> None:
    records = InMemoryRecordManager("docs")
    records.create_schema()
    documents = [Document(text, metadata={"source": text[:3]}) for text in TEXTS]

    def run(wanted: list[Document]) -> dict[str, int]:
        found = index(
            wanted, records, empty, cleanup="full", source_id_key="source", key_encoder="sha256"
        )
        return {key: count for key, count in found.items() if isinstance(count, int) and count}

    assert run(documents) == {"num_added": 3}
    assert run(documents[1:]) == {"num_skipped": 2, "num_deleted": 1}
    assert empty.collection.engine.count() == 2
