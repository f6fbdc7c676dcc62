"""LlamaIndex's query engines answer from what ``cpt_rag.ingest`` filled."""

from __future__ import annotations

from pathlib import Path

from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import CitationQueryEngine, RetrieverQueryEngine
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.retrievers.cpt import CptRetriever

import cpt_rag

QUERY = "mail a receipt to the customer"


async def test_a_query_engine_shows_the_model_the_code_and_returns_its_sources(
    docs: cpt_rag.Collection,
) -> None:
    retriever = CptRetriever(docs, similarity_top_k=2)
    engine = RetrieverQueryEngine.from_args(retriever, llm=MockLLM())
    for response in (engine.query(QUERY), await engine.aquery(QUERY)):
        first, second = response.source_nodes
        assert first.node.ref_doc_id == "shop/shop/mail.go"
        assert first.get_score() > second.get_score()
        # MockLLM answers with its prompt.
        assert "path: shop/mail.go\nsymbol: SendReceipt\nstart_line: 3\nend_line: 6" in str(
            response
        )
        assert "return smtpSend(address, receiptTemplate)" in str(response)


def test_citations_keep_their_place(folder: Path) -> None:
    with CptRetriever("docs", folder, similarity_top_k=2) as retriever:
        response = CitationQueryEngine(retriever, llm=MockLLM()).query(QUERY)
    assert "Source 1:\n" in str(response)
    source = response.source_nodes[0].node
    assert source.ref_doc_id == "shop/shop/mail.go"
    assert (source.metadata["path"], source.metadata["end_line"]) == ("shop/mail.go", 6)


async def test_it_is_one_of_several_retrievers(docs: cpt_rag.Collection) -> None:
    both = [CptRetriever(docs, filters={"language": language}) for language in ("go", "python")]
    fused = QueryFusionRetriever(
        list(both), llm=MockLLM(), num_queries=1, similarity_top_k=10, use_async=False
    )
    expected = {n.node_id for retriever in both for n in retriever.retrieve(QUERY)}
    assert {n.node_id for n in await fused.aretrieve(QUERY)} == expected
