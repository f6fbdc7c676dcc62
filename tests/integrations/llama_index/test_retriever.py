"""``CptRetriever`` gives LlamaIndex what ``cpt_rag.search`` finds."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding, Embedding
from llama_index.core.callbacks import CallbackManager, CBEventType, LlamaDebugHandler
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.schema import (
    MetadataMode,
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    TextNode,
)
from llama_index.core.vector_stores import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
)
from llama_index.embeddings.cpt import CptEmbedding, as_encoder
from llama_index.retrievers.cpt import CptRetriever

import cpt_rag

if TYPE_CHECKING:
    from tests.integrations.llama_index.conftest import HeldEncoder

QUERY = "put an item into the cart"


class Hashing(BaseEmbedding):
    """Vectors by digest, other ones for queries; counts the calls of each kind."""

    model_name: str = "sha256"
    calls: list[str] = []  # noqa: RUF012 # a field, which pydantic copies

    def _vector(self, text: str) -> Embedding:
        return [byte + 1.0 for byte in hashlib.sha256(text.encode()).digest()]

    def _get_query_embedding(self, query: str) -> Embedding:
        self.calls.append("query")
        return self._vector(f"query {query}")

    async def _aget_query_embedding(self, query: str) -> Embedding:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> Embedding:
        self.calls.append("text")
        return self._vector(text)


def text_nodes(found: list[NodeWithScore]) -> list[TextNode]:
    assert all(isinstance(scored.node, TextNode) for scored in found)
    return [scored.node for scored in found if isinstance(scored.node, TextNode)]


def test_nodes_are_the_hits_of_search_in_order(docs: cpt_rag.Collection) -> None:
    hits = cpt_rag.search(QUERY, collection=docs, limit=3)
    found = CptRetriever(docs, similarity_top_k=3).retrieve(QUERY)
    assert [(n.node.node_id, n.get_score()) for n in found] == [(h.id, h.score) for h in hits]
    for node, hit in zip(text_nodes(found), hits, strict=True):
        assert (node.text, node.metadata) == (hit.text, hit.metadata)
        assert (node.start_char_idx, node.end_char_idx) == (hit.start, hit.end)
        assert node.ref_doc_id == f"{hit.root}/{hit.path}"


def test_spans_are_those_of_the_file(docs: cpt_rag.Collection, shop: Path) -> None:
    for node in text_nodes(CptRetriever(docs).retrieve(QUERY)):
        text = (shop / node.metadata["path"]).read_bytes().decode()
        assert text[node.start_char_idx : node.end_char_idx] == node.text


def test_a_prompt_gets_path_symbol_and_lines_and_no_offsets(docs: cpt_rag.Collection) -> None:
    code, prose = (
        CptRetriever(docs, similarity_top_k=1, filters={"language": language}).retrieve(QUERY)[0]
        for language in ("go", "markdown")
    )
    shown = code.get_content(MetadataMode.LLM)
    assert shown.startswith("root: shop\npath: shop/mail.go\nsymbol: SendReceipt\nstart_line: ")
    assert "\nend_line: 6\n\n" in shown
    assert prose.node.metadata["symbol"] or "symbol" not in prose.get_content(MetadataMode.LLM)
    embedded = code.get_content(MetadataMode.EMBED)
    assert embedded.startswith("path: shop/mail.go\nsymbol: SendReceipt\n\n")
    assert code.node.metadata["start"] == code.node.start_char_idx  # type: ignore[attr-defined]


def test_a_text_that_came_from_no_file_keeps_its_own_metadata(tmp_path: Path) -> None:
    with cpt_rag.open_collection("notes", tmp_path, create=True) as notes:
        cpt_rag.Documents(notes).add(["Ada keeps carts."], [{"author": "ada", "kind": "note"}])
        (node,) = text_nodes(CptRetriever(notes).retrieve(QUERY))
    assert node.get_content(MetadataMode.LLM) == "author: ada\nkind: note\n\nAda keeps carts."
    assert (node.start_char_idx, node.end_char_idx) == (None, None)
    assert NodeRelationship.SOURCE not in node.relationships


async def test_async_and_concurrent_queries_give_the_same(docs: cpt_rag.Collection) -> None:
    retriever = CptRetriever(docs)
    expected = [(n.node_id, n.score) for n in retriever.retrieve(QUERY)]
    for found in await asyncio.gather(*(retriever.aretrieve(QUERY) for _ in range(8))):
        assert [(n.node_id, n.score) for n in found] == expected


async def test_the_event_loop_goes_on_while_nodes_are_found(
    docs: cpt_rag.Collection, held: HeldEncoder
) -> None:
    task = asyncio.ensure_future(CptRetriever(replace(docs, maker=held)).aretrieve(QUERY))
    while not held.asked.is_set():
        await asyncio.sleep(0.001)
    held.released.set()
    assert await task


@pytest.mark.parametrize(
    "filters",
    [
        {"language": "go"},
        {"path": ["*.go"]},
        MetadataFilters(filters=[MetadataFilter(key="language", value="go")]),
        MetadataFilters(
            filters=[
                MetadataFilter(key="path", value=["mail.go", "x/"], operator=FilterOperator.IN),
                MetadataFilter(key="root", value="shop"),
            ]
        ),
        MetadataFilters(filters=[MetadataFilter(key="symbol", value="SendReceipt")]),
    ],
    ids=str,
)
def test_filters_of_both_kinds_hold(docs: cpt_rag.Collection, filters: Any) -> None:
    found = CptRetriever(docs, filters=filters).retrieve(QUERY)
    assert {n.node.metadata["path"] for n in found} == {"shop/mail.go"}


@pytest.mark.parametrize("condition", [FilterCondition.OR, FilterCondition.NOT])
def test_a_condition_that_cannot_be_put_is_refused_by_name(condition: FilterCondition) -> None:
    filters = MetadataFilters(
        filters=[MetadataFilter(key="language", value="go")], condition=condition
    )
    with pytest.raises(cpt_rag.InvalidInputError, match=f"condition {condition}"):
        CptRetriever("docs", filters=filters)


@pytest.mark.parametrize(
    "operator", sorted(set(FilterOperator) - {FilterOperator.EQ, FilterOperator.IN})
)
def test_an_operator_that_cannot_be_put_is_refused_by_name(operator: FilterOperator) -> None:
    given = MetadataFilter(key="language", value="go", operator=operator)
    with pytest.raises(cpt_rag.InvalidInputError, match=f"operator {operator}"):
        CptRetriever("docs", filters=MetadataFilters(filters=[given]))


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ([MetadataFilter(key="language", value=3)], "'language' is 3"),
        ([MetadataFilter(key="language", value=None)], "'language' is None"),
        ([MetadataFilter(key="language", value=["go"])], "expected: a string|Expected: a string"),
        ([MetadataFilter(key="root", value="a", operator=FilterOperator.IN)], "a list of strings"),
        ([MetadataFilter(key="root", value="a"), MetadataFilter(key="root", value="b")], "twice"),
        ([MetadataFilters(filters=[])], "made of filters"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(filters: list[Any], said: str) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match=said):
        CptRetriever("docs", filters=MetadataFilters(filters=filters))


@pytest.mark.parametrize(
    "filters",
    [{"author": "ada"}, MetadataFilters(filters=[MetadataFilter(key="author", value="ada")])],
    ids=["mapping", "MetadataFilters"],
)
def test_an_unknown_field_is_refused_by_name(docs: cpt_rag.Collection, filters: Any) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="no filter 'author'"):
        CptRetriever(docs, filters=filters).retrieve(QUERY)


def test_a_named_collection_stays_open_until_it_is_closed(folder: Path) -> None:
    with CptRetriever("docs", folder) as retriever:
        first = retriever._open()
        assert retriever.retrieve(QUERY)
        assert retriever._open() is first
    assert retriever.retrieve(QUERY)  # opened again
    assert retriever._open() is not first
    retriever.close()
    retriever.close()


def test_a_collection_that_was_given_open_stays_open(docs: cpt_rag.Collection) -> None:
    with CptRetriever(docs) as retriever:
        retriever.retrieve(QUERY)
    assert cpt_rag.search(QUERY, collection=docs)


def test_a_missing_collection_is_named_by_the_first_query(tmp_path: Path) -> None:
    retriever = CptRetriever("nothing", tmp_path)
    with pytest.raises(cpt_rag.CollectionNotFoundError, match="nothing"):
        retriever.retrieve(QUERY)


@pytest.mark.parametrize("options", [{"store": "x"}, {"encoder": "cpt-static"}])
def test_a_store_or_an_encoder_beside_an_open_collection_is_refused(
    docs: cpt_rag.Collection, options: dict[str, Any]
) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="leave them out"):
        CptRetriever(docs, **options)


@pytest.mark.parametrize("query", ["", " \n"])
def test_an_empty_query_is_refused(docs: cpt_rag.Collection, query: str) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="empty"):
        CptRetriever(docs).retrieve(query)


def test_another_encoder_than_the_one_that_made_the_collection_is_refused(folder: Path) -> None:
    with pytest.raises(cpt_rag.IdentityMismatchError):
        CptRetriever("docs", folder, encoder=MockEmbedding(embed_dim=8)).retrieve(QUERY)


@pytest.mark.parametrize("encoder", ["cpt-static", CptEmbedding()], ids=["name", "CptEmbedding"])
def test_the_encoder_that_made_the_collection_may_be_named(
    folder: Path, encoder: str | CptEmbedding
) -> None:
    with CptRetriever("docs", folder, encoder=encoder) as retriever:
        assert retriever.retrieve(QUERY)


def test_a_collection_may_have_vectors_of_llama_indexs_embeddings(
    shop: Path, tmp_path: Path
) -> None:
    embedding = Hashing()
    cpt_rag.ingest(shop, collection="docs", store=tmp_path / "s", encoder=as_encoder(embedding))
    assert set(embedding.calls) == {"text"}
    with CptRetriever("docs", tmp_path / "s", encoder=embedding) as retriever:
        assert text_nodes(retriever.retrieve(QUERY))[0].metadata["path"] == "shop/cart.py"
    assert embedding.calls[-1] == "query"


def test_weights_move_the_ranking_as_they_do_in_search(docs: cpt_rag.Collection) -> None:
    hits = cpt_rag.search(QUERY, collection=docs, weights=(0.1, 0.9))
    found = CptRetriever(docs, weights=(0.1, 0.9)).retrieve(QUERY)
    assert [n.score for n in found] == [hit.score for hit in hits]
    assert [n.score for n in found] != [n.score for n in CptRetriever(docs).retrieve(QUERY)]


def test_it_is_a_retriever_that_takes_bundles_and_tells_callbacks(
    docs: cpt_rag.Collection,
) -> None:
    assert BaseRetriever.__name__ in [b.__name__ for b in CptRetriever.__mro__]
    told = LlamaDebugHandler(print_trace_on_end=False)
    retriever = CptRetriever(docs, callback_manager=CallbackManager([told]))
    assert retriever.retrieve(QueryBundle(QUERY)) == retriever.retrieve(QUERY)
    assert len(told.get_event_pairs(CBEventType.RETRIEVE)) == 2
