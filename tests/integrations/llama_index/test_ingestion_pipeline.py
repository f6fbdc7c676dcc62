"""LlamaIndex's ingestion pipeline and indexes run on our parser and embedding."""

from __future__ import annotations

from pathlib import Path

import pytest
from llama_index.core import VectorStoreIndex
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.llms import MockLLM
from llama_index.core.schema import Document, TextNode
from llama_index.embeddings.cpt import CptEmbedding
from llama_index.node_parser.cpt import CptNodeParser

import cpt_rag


@pytest.fixture
def documents(project: Path) -> list[Document]:
    return [
        Document(
            text=path.read_bytes().decode(),
            id_=path.name,
            metadata={"file_path": path.relative_to(project).as_posix()},
        )
        for path in sorted(project.rglob("*.*"))
    ]


@pytest.fixture
def cuts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what the chunker is given from now on."""
    names: list[str] = []
    chunk_source = cpt_rag.chunk_source

    def counted(text: str, path: str, **options: object) -> list[cpt_rag.Chunk]:
        names.append(path)
        return chunk_source(text, path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(cpt_rag, "chunk_source", counted)
    return names


def pipeline(max_tokens: int | None = None) -> IngestionPipeline:
    return IngestionPipeline(transformations=[CptNodeParser(max_tokens=max_tokens), CptEmbedding()])


def check(documents: list[Document], nodes: object) -> None:
    """Every document is there whole, by its spans, and has vectors."""
    assert isinstance(nodes, list)
    by_id = {document.id_: document.text for document in documents}
    whole = dict.fromkeys(by_id, "")
    for node in nodes:
        assert isinstance(node, TextNode)
        assert node.ref_doc_id
        assert node.embedding
        whole[node.ref_doc_id] += by_id[node.ref_doc_id][node.start_char_idx : node.end_char_idx]
    assert whole == by_id


def test_a_second_run_cuts_nothing(documents: list[Document], cuts: list[str]) -> None:
    first = pipeline()
    check(documents, first.run(documents=documents))
    assert sorted(cuts) == ["README.md", "cart.py", "mail.go"]
    cuts.clear()
    check(documents, first.run(documents=documents))
    assert not cuts


def test_a_cache_on_disk_serves_another_pipeline_of_equal_parts(
    documents: list[Document], cuts: list[str], tmp_path: Path
) -> None:
    first, second, other = pipeline(40), pipeline(40), pipeline(41)
    first.run(documents=documents)
    first.persist(str(tmp_path / "cache"))
    cuts.clear()
    second.load(str(tmp_path / "cache"))
    check(documents, second.run(documents=documents))
    assert not cuts
    other.load(str(tmp_path / "cache"))
    check(documents, other.run(documents=documents))
    assert cuts


async def test_it_runs_asynchronously(documents: list[Document]) -> None:
    check(documents, await pipeline().arun(documents=documents))


def test_it_runs_in_several_processes(documents: list[Document]) -> None:
    alone = pipeline(40).run(documents=documents)
    shared = pipeline(40).run(documents=documents, num_workers=2)
    check(documents, shared)
    assert [node.get_content() for node in shared] == [node.get_content() for node in alone]


async def test_an_index_in_memory_answers_from_the_right_file(documents: list[Document]) -> None:
    index = VectorStoreIndex.from_documents(
        documents, embed_model=CptEmbedding(), transformations=[CptNodeParser()]
    )
    engine = index.as_query_engine(llm=MockLLM(), similarity_top_k=1)
    for response in (
        engine.query("mail a receipt to the customer"),
        await engine.aquery("mail a receipt to the customer"),
    ):
        (source,) = response.source_nodes
        assert source.node.ref_doc_id == "mail.go"
        assert "symbol: SendReceipt" in str(response)
