"""LlamaIndex's ``NodeParser`` over cpt-rag's chunker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from typing import Any

from llama_index.core.bridge.pydantic import Field, PrivateAttr, field_validator
from llama_index.core.node_parser import NodeParser
from llama_index.core.node_parser.node_utils import build_nodes_from_splits, default_id_func
from llama_index.core.schema import BaseNode, Document, MetadataMode, TextNode
from llama_index.core.utils import get_tqdm_iterable
from llama_index.embeddings.cpt.named import NamedEncoder

import cpt_rag

# Under which readers keep where a text came from.
_PATH_KEYS = ("path", "file_path", "source", "file_name")
# The context is for the embedding; where a node lies and what it is called, for the answer.
_NOT_EMBEDDED = ("language", "kind", "symbol", "start_line", "end_line")
_NOT_SHOWN = ("language", "kind", "context")


class CptNodeParser(NodeParser):
    """Syntax-aware nodes with exact spans.

    The nodes of a document are a partition of its text: ``document.text[node.start_char_idx:
    node.end_char_idx] == node.text``, for code that parses and for code that does not. Their
    metadata are ``language``, ``kind``, ``symbol``, ``start_line``, ``end_line`` and ``context``,
    the file's name and the enclosing signatures, which is embedded and not shown to a language
    model. The language is told by the document's ``path``, ``file_path``, ``source`` or
    ``file_name``.

    Args:
        encoder: whose tokens are counted: a shipped model's name or a local folder.
        max_tokens: most tokens of what is embedded of a node, its metadata among it; None for
            what ``cpt_rag.ingest`` takes. Markup in HTML and notebooks is not counted.
        language: where it is known better than by path.
        kwargs: fields of ``NodeParser``, such as ``include_metadata``.

    Raises:
        cpt_rag.EncoderError: the encoder is unknown, or the folder is no usable model.
        cpt_rag.InvalidInputError: a document whose own metadata fill ``max_tokens``.
    """

    encoder: str = Field(default="cpt-static", description="The encoder whose tokens are counted.")
    max_tokens: int | None = Field(
        default=None, description="Most tokens of what is embedded of a node.", gt=0
    )
    language: str | None = Field(
        default=None, description="The language, where it is known better than by path."
    )
    _named: NamedEncoder = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Load the encoder, so that an unknown name is refused before the first node."""
        self._named = NamedEncoder(self.encoder)
        self._named.load()

    @field_validator("id_func", mode="before")
    @classmethod
    def _default_id_func(cls, value: Any) -> Any:
        """Read back what ``to_dict`` writes of the default."""
        named = isinstance(value, dict) and value.get("id_func_name") == default_id_func.__name__
        return default_id_func if named else value

    @classmethod
    def class_name(cls) -> str:
        """Name under which the component is serialised."""
        return "CptNodeParser"

    def _parse_nodes(
        self, nodes: Sequence[BaseNode], show_progress: bool = False, **kwargs: Any
    ) -> list[BaseNode]:
        return [
            parsed
            for node in get_tqdm_iterable(nodes, show_progress, "Parsing nodes")
            for parsed in self._parse(node)
        ]

    async def _aparse_nodes(
        self, nodes: Sequence[BaseNode], show_progress: bool = False, **kwargs: Any
    ) -> list[BaseNode]:
        return await asyncio.to_thread(self._parse_nodes, nodes, show_progress, **kwargs)

    def _postprocess_parsed_nodes(
        self, nodes: list[BaseNode], parent_doc_map: dict[str, Document]
    ) -> list[BaseNode]:
        # The base looks for a node's text from where the last one began, and may find it inside.
        spans = [(node.start_char_idx, node.end_char_idx) for node in _texts(nodes)]
        nodes = super()._postprocess_parsed_nodes(nodes, parent_doc_map)
        for node, span in zip(_texts(nodes), spans, strict=True):
            node.start_char_idx, node.end_char_idx = span
        return nodes

    def _parse(self, node: BaseNode) -> list[TextNode]:
        text = node.get_content(metadata_mode=MetadataMode.NONE)
        chunks = self._chunks(text, node)
        parsed = build_nodes_from_splits(
            [chunk.text for chunk in chunks], node, id_func=self.id_func
        )
        for chunk, made in zip(chunks, parsed, strict=True):
            made.start_char_idx, made.end_char_idx = chunk.start, chunk.end
            if self.include_metadata:
                made.metadata = _metadata(chunk)
                made.excluded_embed_metadata_keys += _NOT_EMBEDDED
                made.excluded_llm_metadata_keys += _NOT_SHOWN
        return parsed

    def _chunks(self, text: str, node: BaseNode) -> list[cpt_rag.Chunk]:
        """The chunks of a node's text, short enough for what is embedded before each."""
        encoder = self._named.load()
        max_tokens = self.max_tokens or cpt_rag.chunk_tokens(encoder)
        before = node.get_metadata_str(mode=MetadataMode.EMBED) if self.include_metadata else ""
        before = f"{before}\ncontext: " if self.include_metadata else ""
        if encoder.count_tokens(before) >= max_tokens:
            raise cpt_rag.InvalidInputError(
                f"The metadata of the document {node.node_id} fill max_tokens = {max_tokens}.",
                expected="room for its text",
                remedy="name some of them in its excluded_embed_metadata_keys, or raise max_tokens",
            )
        return cpt_rag.chunk_source(
            text,
            _name(node),
            count_tokens=lambda embedded: encoder.count_tokens(before + embedded),
            max_tokens=max_tokens,
            language=self.language,
        )


def _texts(nodes: Sequence[BaseNode]) -> list[TextNode]:
    return [node for node in nodes if isinstance(node, TextNode)]


def _name(node: BaseNode) -> str:
    """The name of a document's file, empty where it has none."""
    found = (node.metadata.get(key) for key in _PATH_KEYS)
    path = next((value for value in found if isinstance(value, str | Path) and str(value)), "")
    return PureWindowsPath(path).name  # which reads both kinds of slash


def _metadata(chunk: cpt_rag.Chunk) -> dict[str, Any]:
    found = {
        "language": chunk.language,
        "kind": chunk.kind,
        "symbol": chunk.symbol,
        "start_line": chunk.start_line,
        "end_line": chunk.end_line,
        "context": chunk.context,
    }
    return {key: value for key, value in found.items() if value}
