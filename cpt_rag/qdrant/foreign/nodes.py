"""LlamaIndex's nodes, which lie in a payload as one JSON string beside their metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

NODE = "_node_content"
"""Payload key of a node, by which its collection is known."""

OWN = frozenset({NODE, "_node_type", "document_id", "doc_id", "ref_doc_id"})
"""Payload keys that are no metadata of the user's."""


def node_text(payload: Mapping[str, Any]) -> object:
    """The text of the node in ``payload``, None where there is none."""
    return _text(_node(payload), payload)


def embedded_text(payload: Mapping[str, Any]) -> object:
    """What LlamaIndex gave the encoder for this node: its text below the metadata it shows."""
    node = _node(payload)
    text = _text(node, payload)
    metadata, hidden = node.get("metadata"), node.get("excluded_embed_metadata_keys") or ()
    lines = [
        str(node.get("metadata_template", "{key}: {value}")).format(key=key, value=str(value))
        for key, value in (metadata if isinstance(metadata, Mapping) else {}).items()
        if key not in hidden
    ]
    if not lines:
        return text
    template = str(node.get("text_template", "{metadata_str}\n\n{content}"))
    joined = str(node.get("metadata_separator", "\n")).join(lines)
    return template.format(content=text, metadata_str=joined).strip()


def _text(node: Mapping[str, Any], payload: Mapping[str, Any]) -> object:
    resource = node.get("text_resource")
    held = resource.get("text") if isinstance(resource, Mapping) else None
    return node.get("text") or held or payload.get("text")


def _node(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        node = json.loads(payload.get(NODE) or "{}")
    except (TypeError, ValueError):
        return {}
    return node if isinstance(node, Mapping) else {}
