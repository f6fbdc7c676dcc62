"""Hits as LlamaIndex's nodes."""

from __future__ import annotations

from llama_index.core.schema import NodeRelationship, ObjectType, RelatedNodeInfo, TextNode

import cpt_rag

# Of a chunk's metadata, a language model is shown root, path, symbol and lines, and an embedding
# model path and symbol.
_NOT_SHOWN = ["source", "language", "kind", "start", "end"]
_NOT_EMBEDDED = [*_NOT_SHOWN, "root", "start_line", "end_line"]


def to_node(hit: cpt_rag.Hit) -> TextNode:
    """The node of a hit: its file is its source, and its offsets are its span in it.

    A text that came from no file has neither, and its metadata are all its owner's.
    """
    node = TextNode(id_=hit.id, text=hit.text, metadata=dict(hit.metadata))
    if hit.root:
        node.start_char_idx, node.end_char_idx = hit.start, hit.end
        node.excluded_embed_metadata_keys = _without(hit, _NOT_EMBEDDED)
        node.excluded_llm_metadata_keys = _without(hit, _NOT_SHOWN)
        node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(
            node_id=f"{hit.root}/{hit.path}", node_type=ObjectType.DOCUMENT
        )
    return node


def _without(hit: cpt_rag.Hit, keys: list[str]) -> list[str]:
    """What is not to be shown, a symbol among it where there is none."""
    return [*keys] if hit.symbol else [*keys, "symbol"]
