"""``CptRetriever`` passes LangChain's own suite, and answers as ``cpt_rag.search`` does."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

import cpt_rag
from cpt_rag.qdrant import Store
from langchain_cpt import CptEmbeddings, CptRetriever, CptVectorStore

QUERY = "put an item into the cart"


class TestSuite(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _filled(self, shop: Store) -> None:
        self.shop = shop

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return CptRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"collection": "shop", "store": self.shop}

    @property
    def retriever_query_example(self) -> str:
        return QUERY


@pytest.fixture
def retriever(shop: Store) -> Iterator[CptRetriever]:
    with CptRetriever(collection="shop", store=shop) as opened:
        yield opened


def paths(documents: list[Document]) -> list[str]:
    return [document.metadata["path"] for document in documents]


def test_documents_are_the_hits_of_search_in_order(shop: Store, retriever: CptRetriever) -> None:
    hits = cpt_rag.search(QUERY, collection="shop", store=shop, limit=4)
    found = retriever.invoke(QUERY)
    assert [(d.id, d.page_content) for d in found] == [(h.id, h.text) for h in hits]
    assert [d.metadata for d in found] == [{**h.metadata, "score": h.score} for h in hits]
    assert found[0].metadata["path"] == "shop/cart.py"
    assert found[0].metadata["symbol"] == "Cart"


def test_async_gives_the_same(retriever: CptRetriever) -> None:
    assert asyncio.run(retriever.ainvoke(QUERY, k=2)) == retriever.invoke(QUERY, k=2)


def test_k_and_filters_hold_at_construction_and_give_way_to_those_of_a_query(shop: Store) -> None:
    with CptRetriever(
        collection="shop", store=shop, k=1, filters={"language": ["go", "markdown"]}
    ) as retriever:
        assert len(retriever.invoke(QUERY)) == 1
        assert {*paths(retriever.invoke(QUERY, k=9))} == {"shop/mail.go", "README.md"}
        assert {*paths(retriever.invoke(QUERY, k=9, filters={"path": "*.go"}))} == {"shop/mail.go"}
        found = asyncio.run(retriever.ainvoke(QUERY, filters={"language": "python"}))
        assert paths(found) == ["shop/cart.py"]


def test_an_open_collection_is_searched_and_left_open(shop: Store) -> None:
    with cpt_rag.open_collection("shop", shop) as opened:
        with CptRetriever(collection=opened) as retriever:
            assert retriever.invoke(QUERY)
        assert opened.engine.count()


def test_it_keeps_its_collection_open_until_closed_and_then_opens_it_again(
    shop: Store, retriever: CptRetriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    real = type(shop).open

    def counted(self: Store, name: str) -> Any:
        opened.append(name)
        return real(self, name)

    monkeypatch.setattr(type(shop), "open", counted)
    assert opened == []
    retriever.batch([QUERY] * 5)
    assert opened == ["shop"]
    retriever.close()
    retriever.close()
    assert retriever.invoke(QUERY)
    assert opened == ["shop", "shop"]


def test_weights_are_passed_on(shop: Store) -> None:
    hits = cpt_rag.search(QUERY, collection="shop", store=shop, limit=4, weights=(0.1, 2.0))
    with CptRetriever(collection="shop", store=shop, weights=(0.1, 2.0)) as retriever:
        assert [d.metadata["score"] for d in retriever.invoke(QUERY)] == [h.score for h in hits]


@pytest.mark.parametrize("encoder", ["cpt-static", CptEmbeddings()], ids=["name", "embeddings"])
def test_the_encoder_may_be_given_as_a_name_or_as_embeddings(shop: Store, encoder: Any) -> None:
    with CptRetriever(collection="shop", store=shop, encoder=encoder) as retriever:
        assert retriever.invoke(QUERY)


def test_any_embeddings_open_what_they_made(store: Store, waiting: Any) -> None:
    years = [{"year": 2024}, {"year": 2025}]
    CptVectorStore.from_texts(
        ["a pen", "an apple"], waiting, years, ids=["1", "2"], store=store
    ).close()
    with CptRetriever(collection="docs", store=store, encoder=waiting) as retriever:
        assert {d.id for d in retriever.invoke("pen")} == {"1", "2"}
        chosen = retriever.invoke("pen", filters={"metadata.year": [2025, 2026]})
        assert [d.id for d in chosen] == ["2"]


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        ("", {}),
        (QUERY, {"k": 0}),
        (QUERY, {"k": 10**6}),
        (QUERY, {"filters": {"colour": "red"}}),
    ],
)
def test_errors_of_search_come_through(
    retriever: CptRetriever, query: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(cpt_rag.InvalidInputError):
        retriever.invoke(query, **arguments)


def test_a_collection_that_is_not_there_or_of_another_encoder_is_refused(
    shop: Store, waiting: Any
) -> None:
    with pytest.raises(cpt_rag.CollectionNotFoundError, match="shop"):
        CptRetriever(collection="shep", store=shop).invoke(QUERY)
    with pytest.raises(cpt_rag.IdentityMismatchError):
        CptRetriever(collection="shop", store=shop, encoder=waiting).invoke(QUERY)


def test_an_open_collection_with_a_store_is_refused(shop: Store) -> None:
    with (
        cpt_rag.open_collection("shop", shop) as opened,
        pytest.raises(cpt_rag.InvalidInputError, match="is open"),
    ):
        CptRetriever(collection=opened, store=shop).invoke(QUERY)


def test_the_event_loop_goes_on_while_it_searches(store: Store, gate: Any, waiting: Any) -> None:
    CptVectorStore.from_texts(["a pen"], waiting, store=store).close()
    with CptRetriever(collection="docs", store=store, encoder=waiting) as retriever:
        (found,) = asyncio.run(gate.watch(lambda: retriever.ainvoke("pen")))
    assert found.page_content == "a pen"


def test_a_copy_opens_the_collection_for_itself(tmp_path: Path, project: Path) -> None:
    cpt_rag.ingest(project, collection="shop", store=tmp_path / "store")
    with CptRetriever(collection="shop", store=tmp_path / "store", k=2) as retriever:
        first = retriever.invoke(QUERY)
        for again in (pickle.loads(pickle.dumps(retriever)), copy.deepcopy(retriever)):
            with again:
                assert again.invoke(QUERY) == first
        assert retriever.invoke(QUERY) == first


def test_it_is_a_link_of_a_chain(retriever: CptRetriever) -> None:
    chain = retriever | (lambda documents: paths(documents)[0])
    assert chain.invoke(QUERY) == "shop/cart.py"
