"""``CptVectorStore`` among coroutines and threads: nothing stands still, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from langchain_core.documents import Document
from qdrant_client import QdrantClient

from cpt_rag.qdrant import ServerStore, Store
from langchain_cpt import CptVectorStore

TEXTS = ["parcels come back", "payments are captured at night", "carts expire after a day"]
IDS = ["1", "2", "3"]


@pytest.fixture
def filled(store: Store) -> Iterator[CptVectorStore]:
    with CptVectorStore("docs", store) as made:
        made.add_texts(TEXTS, ids=IDS)
        yield made


class Guarded(CptVectorStore):
    """One whose lookups pass the gate too."""

    gate: Any

    def get_by_ids(self, ids: Any, /) -> list[Document]:
        self.gate.pass_through()
        return super().get_by_ids(ids)

    def delete(self, ids: Any = None, **kwargs: Any) -> bool:
        self.gate.pass_through()
        return super().delete(ids, **kwargs)


ASYNC: dict[str, Callable[[CptVectorStore], Awaitable[Any]]] = {
    "aadd_texts": lambda s: s.aadd_texts(["new"], ids=["9"]),
    "aadd_documents": lambda s: s.aadd_documents([Document("new", id="9")]),
    "aget_by_ids": lambda s: s.aget_by_ids(["1"]),
    "adelete": lambda s: s.adelete(["1"]),
    "asimilarity_search": lambda s: s.asimilarity_search("carts"),
    "asimilarity_search_with_score": lambda s: s.asimilarity_search_with_score("carts"),
    "asimilarity_search_with_relevance_scores": (
        lambda s: s.asimilarity_search_with_relevance_scores("carts")
    ),
    "amax_marginal_relevance_search": lambda s: s.amax_marginal_relevance_search("carts"),
    "ahybrid_search": lambda s: s.ahybrid_search("carts"),
    "as_retriever": lambda s: s.as_retriever(search_type="mmr").ainvoke("carts"),
    "afrom_texts": lambda s: CptVectorStore.afrom_texts(
        ["new"], s.embeddings, collection="other", store=ServerStore(QdrantClient(":memory:"))
    ),
}


@pytest.mark.parametrize("method", ASYNC)
def test_the_event_loop_goes_on_meanwhile(
    store: Store, gate: Any, waiting: Any, method: str
) -> None:
    Guarded.gate = gate
    with Guarded.from_texts(TEXTS, waiting, ids=IDS, store=store) as made:
        assert asyncio.run(gate.watch(lambda: ASYNC[method](made)))


def test_sync_methods_work_inside_a_coroutine(filled: CptVectorStore) -> None:
    async def inside() -> list[Document]:
        filled.add_texts(["written inside"], ids=["4"])
        return filled.get_by_ids(["4"])

    assert asyncio.run(inside())[0].page_content == "written inside"


def test_many_threads_share_a_store(filled: CptVectorStore) -> None:
    async def together() -> list[list[Document]]:
        writes = [filled.aadd_texts([f"note {n}"], ids=[f"n{n}"]) for n in range(8)]
        reads = [filled.asimilarity_search(TEXTS[2], k=1) for _ in range(8)]
        _, found = await asyncio.gather(asyncio.gather(*writes), asyncio.gather(*reads))
        return found

    assert [found[0].id for found in asyncio.run(together())] == ["3"] * 8
    assert len(filled.get_by_ids([f"n{n}" for n in range(8)])) == 8
