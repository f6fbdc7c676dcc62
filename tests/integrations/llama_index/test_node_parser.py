"""``CptNodeParser`` cuts LlamaIndex's documents as ``cpt_rag.ingest`` cuts files."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core import SimpleDirectoryReader
from llama_index.core.node_parser import NodeParser, SentenceSplitter
from llama_index.core.schema import BaseNode, Document, MetadataMode, NodeRelationship, TextNode
from llama_index.node_parser.cpt import CptNodeParser

import cpt_rag

if TYPE_CHECKING:
    from tests.integrations.llama_index.conftest import HeldEncoder

CODE = (
    "class Cart:\n"
    "    def add_item(self, item):\n"
    "        self.items.append(item)\n\n"
    "    def total_price(self):\n"
    "        return sum(item.price for item in self.items)\n"
)
AGAIN: dict[str, Callable[[CptNodeParser], CptNodeParser]] = {
    "dict": lambda p: CptNodeParser.from_dict(p.to_dict()),
    "json": lambda p: CptNodeParser.from_json(p.to_json()),
    "pickle": lambda p: pickle.loads(pickle.dumps(p)),
    "copy": copy.copy,
    "deep copy": copy.deepcopy,
}
NAMES = ["a.py", "a.go", "a.md", "a.html", "a.rst", "a.ipynb", "a.txt", ""]
PIECES = st.sampled_from(
    ["\r\n", "\n", "\r", "\u2028", "\x0c", "\t", "x = 1\n", "def f(:\n", "}\n", "# é\u0301\n"]
)
SOURCES = st.lists(PIECES | st.text(max_size=20), max_size=40).map("".join)


def document(text: str, path: str = "shop/cart.py") -> Document:
    return Document(text=text, id_="the document", metadata={"file_path": path})


def nodes(text: str, path: str = "shop/cart.py", max_tokens: int | None = None) -> list[TextNode]:
    return parse(CptNodeParser(max_tokens=max_tokens), document(text, path))


def parse(parser: CptNodeParser, *documents: Document) -> list[TextNode]:
    found = parser.get_nodes_from_documents(documents)
    assert all(isinstance(node, TextNode) for node in found)
    return [node for node in found if isinstance(node, TextNode)]


def spans(found: list[TextNode]) -> list[tuple[int | None, int | None]]:
    return [(node.start_char_idx, node.end_char_idx) for node in found]


PARSER = CptNodeParser(max_tokens=24)


@given(SOURCES, st.sampled_from(NAMES))
def test_nodes_partition_any_text_and_their_spans_are_exact(text: str, path: str) -> None:
    found = parse(PARSER, document(text, path))
    assert "".join(node.text for node in found) == ("" if text.isspace() else text)
    end = 0
    for node in found:
        assert node.start_char_idx == end
        assert node.end_char_idx is not None
        end = node.end_char_idx
        assert text[node.start_char_idx : end] == node.text


def test_texts_that_stand_twice_have_spans_of_their_own() -> None:
    text = "total = 1\n" * 40
    found = nodes(text, max_tokens=24)
    assert len({node.text for node in found}) < len(found)
    assert [text[start:end] for start, end in spans(found)] == [node.text for node in found]
    assert [start for start, _ in spans(found)[1:]] == [end for _, end in spans(found)[:-1]]


def test_broken_code_yields_every_character() -> None:
    broken = "def f(:\n    return ((1\nclass\n" * 9
    assert "".join(node.text for node in nodes(broken, max_tokens=24)) == broken


def test_metadata_say_what_a_node_is_and_where() -> None:
    first, second = (node for node in nodes(CODE, max_tokens=36) if "def" in node.text)
    assert first.metadata == {
        "file_path": "shop/cart.py",
        "language": "python",
        "kind": "method",
        "symbol": "Cart.add_item",
        "start_line": 2,
        "end_line": 4,
        "context": "cart.py\nclass Cart:",
    }
    assert second.metadata["symbol"] == "Cart.total_price"


def test_the_context_is_embedded_and_the_lines_are_shown() -> None:
    node = next(node for node in nodes(CODE, max_tokens=36) if "total_price" in node.text)
    embedded, shown = (node.get_content(mode) for mode in (MetadataMode.EMBED, MetadataMode.LLM))
    assert embedded.startswith("file_path: shop/cart.py\ncontext: cart.py\nclass Cart:\n\n    def")
    assert "line" not in embedded
    assert shown.startswith(
        "file_path: shop/cart.py\nsymbol: Cart.total_price\nstart_line: 5\nend_line: 6\n\n    def"
    )


def test_what_a_document_leaves_out_its_nodes_leave_out() -> None:
    given = document(CODE)
    given.excluded_embed_metadata_keys = ["file_path"]
    (node,) = parse(CptNodeParser(), given)
    assert "file_path" not in node.get_content(MetadataMode.EMBED)
    assert given.excluded_embed_metadata_keys == ["file_path"]


def test_what_is_embedded_of_code_is_no_longer_than_max_tokens(encoder: cpt_rag.Encoder) -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    found = nodes(text, "a/rather/long/path/to/the/shop/cart.py", max_tokens=80)
    lengths = [encoder.count_tokens(node.get_content(MetadataMode.EMBED)) for node in found]
    assert 60 < max(lengths) <= 80


def test_without_metadata_there_is_none_and_all_else_is() -> None:
    parser = CptNodeParser(include_metadata=False, include_prev_next_rel=False, max_tokens=24)
    found = parse(parser, document(CODE))
    assert [node.metadata for node in found] == [{}] * len(found)
    assert all(list(node.relationships) == [NodeRelationship.SOURCE] for node in found)
    assert "".join(node.text for node in found) == CODE


def test_nodes_know_their_document_and_their_neighbours() -> None:
    found = parse(CptNodeParser(max_tokens=36), document(CODE), Document(text="one\n"))
    found, (alone,) = found[:-1], found[-1:]
    assert {node.ref_doc_id for node in found} == {"the document"}
    for before, after in pairwise(found):
        assert before.next_node is not None
        assert before.next_node.node_id == after.node_id
        assert after.prev_node is not None
        assert after.prev_node.node_id == before.node_id
    assert alone.prev_node is None


@pytest.mark.parametrize("key", ["path", "file_path", "source", "file_name"])
@pytest.mark.parametrize("path", ["shop/mail.go", "C:\\shop\\mail.go"])
def test_the_language_is_told_by_what_readers_call_the_path(key: str, path: str) -> None:
    (node,) = parse(CptNodeParser(), Document(text="package shop\n", metadata={key: path}))
    assert node.metadata["language"] == "go"


def test_the_language_may_be_named() -> None:
    (node,) = parse(CptNodeParser(language="rust"), Document(text="fn main() {}\n"))
    assert (node.metadata["language"], node.metadata["symbol"]) == ("rust", "main")


def test_a_folder_read_by_llama_index_is_cut_as_it_is_when_ingested(
    shop: Path, folder: Path
) -> None:
    read = SimpleDirectoryReader(str(shop), recursive=True).load_data()
    cut = {node.text for node in parse(CptNodeParser(), *read)}
    ingested = cpt_rag.search("cart mail payments", collection="docs", store=folder, limit=100)
    assert cut == {hit.text for hit in ingested}


def test_a_blank_document_has_no_nodes() -> None:
    assert nodes(" \n\t\r\n") == nodes("") == []


def test_nodes_of_another_parser_are_cut_further() -> None:
    coarse: list[BaseNode] = SentenceSplitter(chunk_size=200).get_nodes_from_documents(
        [document(CODE)]
    )
    fine = CptNodeParser(max_tokens=36)(coarse)
    assert len(fine) > len(coarse)
    assert {node.ref_doc_id for node in fine} == {"the document"}


@pytest.mark.parametrize("how", AGAIN)
def test_it_survives_serialisation_and_copying(how: str) -> None:
    parser = CptNodeParser(max_tokens=36, language="python", include_prev_next_rel=False)
    again = AGAIN[how](parser)
    assert isinstance(again, CptNodeParser)
    assert again.to_dict() == parser.to_dict()
    assert spans(parse(again, document(CODE))) == spans(parse(parser, document(CODE)))


def test_it_is_a_node_parser_under_its_own_name() -> None:
    assert NodeParser.__name__ in [b.__name__ for b in CptNodeParser.__mro__]
    assert CptNodeParser.class_name() == CptNodeParser().to_dict()["class_name"] == "CptNodeParser"


async def test_the_event_loop_goes_on_while_documents_are_cut(held: HeldEncoder) -> None:
    task = asyncio.ensure_future(CptNodeParser().aget_nodes_from_documents([document(CODE)]))
    while not held.asked.is_set():
        await asyncio.sleep(0.001)
    held.released.set()
    assert await task


@pytest.mark.parametrize("number", [0, -1])
def test_no_room_at_all_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="max_tokens"):
        CptNodeParser(max_tokens=number)


def test_metadata_that_fill_a_node_are_refused_by_document() -> None:
    given = Document(text=CODE, id_="long", metadata={"summary": "word " * 50})
    with pytest.raises(cpt_rag.InvalidInputError, match="document long fill max_tokens = 40"):
        CptNodeParser(max_tokens=40).get_nodes_from_documents([given])


def test_an_unknown_encoder_is_refused_when_it_is_named() -> None:
    with pytest.raises(cpt_rag.EncoderError, match="cpt-static"):
        CptNodeParser(encoder="no-such-model")
