"""``CptTextSplitter`` gives exact spans of text and code."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_text_splitters import TextSplitter

import cpt_rag
from langchain_cpt import CptEmbeddings, CptTextSplitter, CptVectorStore

CODE = (
    "class Cart:\n"
    '    """Items."""\n\n'
    "    def add(self, item):\n"
    "        self.items.append(item)  # \N{PARTY POPPER}\n\n"
    "    def total(self):\n"
    "        return sum(item.price for item in self.items)\n"
)
SPLITTER = CptTextSplitter(max_tokens=24)

PIECES = ["def f(x):\r\n", "    return x\r", "\n", "# Title\n\n", "words \u1e9e ", "\u2028"]
SOURCES = st.text(max_size=300) | st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@settings(max_examples=150)
@given(text=SOURCES, path=st.sampled_from(["a.py", "b.md", "c.go", "d.txt", "e.html", ""]))
def test_every_chunk_is_its_span_and_together_they_are_the_text(text: str, path: str) -> None:
    found = SPLITTER.create_documents([text], [{"path": path}])
    for document in found:
        place = document.metadata
        assert text[place["start_index"] : place["end_index"]] == document.page_content
        assert 1 <= place["start_line"] <= place["end_line"]
    joined = "".join(document.page_content for document in found)
    assert joined == ("" if text.isspace() else text)


def test_code_is_cut_along_its_definitions_and_says_which() -> None:
    found = SPLITTER.create_documents([CODE], [{"path": "cart.py", "team": "a"}])
    assert {d.metadata["symbol"] for d in found} >= {"Cart.add", "Cart.total"}
    total = next(d for d in found if d.metadata["symbol"] == "Cart.total")
    assert total.metadata == {
        "path": "cart.py",
        "team": "a",
        "start_index": CODE.index("    def total"),
        "end_index": len(CODE),
        "start_line": 7,
        "end_line": 8,
        "language": "python",
        "kind": total.metadata["kind"],
        "symbol": "Cart.total",
    }


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({"path": "a.go", "source": "b.py"}, "go"),
        ({"file_path": "/x/a.rs"}, "rust"),
        ({"source": "docs/a.md"}, "markdown"),
        ({"source": 7}, "text"),
        ({}, "text"),
    ],
)
def test_the_path_in_the_metadata_tells_the_language(
    metadata: dict[str, Any], language: str
) -> None:
    (document,) = CptTextSplitter().create_documents(["x\n"], [metadata])
    assert document.metadata["language"] == language


def test_a_language_that_is_given_holds_for_every_text() -> None:
    splitter = CptTextSplitter(max_tokens=24, language="python")
    found = splitter.create_documents([CODE])
    assert {d.metadata["symbol"] for d in found} == {"Cart", "Cart.add", "Cart.total"}
    assert splitter.split_text(CODE) == [document.page_content for document in found]


def test_documents_are_split_through_every_door_of_langchains() -> None:
    documents = [Document(CODE, metadata={"source": "cart.py"}), Document(" \n"), Document("a b")]
    found = SPLITTER.split_documents(documents)
    assert isinstance(SPLITTER, TextSplitter)
    assert [*SPLITTER.transform_documents(documents)] == found
    assert [*asyncio.run(SPLITTER.atransform_documents(documents))] == found
    assert found[-1].page_content == "a b"
    assert found[-1].metadata["start_index"] == 0
    found[0].metadata["source"] = "changed"
    assert documents[0].metadata == {"source": "cart.py"}


def test_chunks_are_as_long_as_the_encoder_allows(encoder: cpt_rag.Encoder) -> None:
    words = "word " * 2000
    longest = cpt_rag.chunk_tokens(encoder)
    for splitter in (CptTextSplitter(), CptTextSplitter(CptEmbeddings())):
        lengths = [encoder.count_tokens(text) for text in splitter.split_text(words)]
        assert longest / 2 < max(lengths) <= longest
    foreign = CptTextSplitter(DeterministicFakeEmbedding(size=3), max_tokens=10)
    assert max(map(len, foreign.split_text(words))) <= 30


def test_its_chunks_go_into_a_store_as_they_are(tmp_path: Any) -> None:
    chunks = SPLITTER.create_documents([CODE], [{"path": "cart.py"}])
    with CptVectorStore.from_documents(chunks, CptEmbeddings(), store=tmp_path / "s") as store:
        (found,) = store.similarity_search("sum of prices", k=1, filter={"symbol": "Cart.total"})
    assert found.metadata in [chunk.metadata for chunk in chunks]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: CptTextSplitter(max_tokens=0), cpt_rag.InvalidInputError),
        (lambda: CptTextSplitter("no-such-model"), cpt_rag.EncoderError),
        (lambda: SPLITTER.create_documents(["a", "b"], [{}]), cpt_rag.InvalidInputError),
    ],
)
def test_what_cannot_be_is_refused(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        call()
