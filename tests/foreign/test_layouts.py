"""Where texts and metadata lie is told from the points; what cannot be told is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from qdrant_client import QdrantClient, models

import cpt_rag
from cpt_rag.qdrant import ServerStore
from tests.foreign.conftest import NAME, Write

TEXTS = ["Cards are charged once an order is packed.", "Passwords are hashed with argon2."]
ABOUT = {"source": "docs/shop.md", "n": 3}

LAYOUTS: dict[str, Mapping[str, Any]] = {
    "langchain": {"page_content": "{}", "metadata": ABOUT},
    "langchain's own keys": {"passage_text": "{}", "about": ABOUT},
    "mcp-server-qdrant": {"document": "{}", "metadata": ABOUT},
    "fastembed": {"document": "{}", **ABOUT},
    "flat": {"content": "{}", **ABOUT},
    "llama_index": {"_node_content": json.dumps({"text": "{}"}), "doc_id": "None", **ABOUT},
    "llama_index's resource": {
        "_node_content": json.dumps({"text_resource": {"text": "{}"}}),
        **ABOUT,
    },
    "llama_index before 0.6": {"_node_content": "{}", "text": "{}", **ABOUT},
}


def _filled(layout: Mapping[str, Any], text: str) -> dict[str, Any]:
    node = layout.get("_node_content")
    if node == "{}":
        return {**layout, "text": text}
    return {
        key: value.replace("{}", text)
        if isinstance(value, str) and (key == "_node_content" or value == "{}")
        else value
        for key, value in layout.items()
    }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_text_and_metadata_are_found(server: ServerStore, write: Write, layout: str) -> None:
    write([_filled(LAYOUTS[layout], text) for text in TEXTS], TEXTS)
    with cpt_rag.open_collection(NAME, server) as collection:
        assert not collection.lexical
        hit = cpt_rag.search("how are passwords kept?", collection=collection)[0]
        assert (hit.text, hit.metadata, hit.id) == (TEXTS[1], ABOUT, "2")


def test_what_llama_index_embedded_is_made_again_with_its_metadata(
    server: ServerStore, write: Write
) -> None:
    node = {"text": TEXTS[0], "metadata": ABOUT, "excluded_embed_metadata_keys": ["n"]}
    payload = {"_node_content": json.dumps(node), **ABOUT}
    write([payload], [f"source: docs/shop.md\n\n{TEXTS[0]}"])
    with cpt_rag.open_collection(NAME, server) as collection:
        assert not collection.lexical


def test_points_without_a_text_are_no_hits(server: ServerStore, write: Write) -> None:
    write([{"content": TEXTS[0]}, {"picture": 7}, {"content": " "}], [*TEXTS, TEXTS[0]])
    hits = cpt_rag.search("passwords and cards", collection=NAME, store=server)
    assert [hit.text for hit in hits] == [TEXTS[0]]


def test_of_several_strings_none_is_guessed(server: ServerStore, write: Write) -> None:
    write([{"title": "Cards", "abstract": text} for text in TEXTS], TEXTS)
    with pytest.raises(cpt_rag.CollectionError, match="'abstract', 'title'") as caught:
        cpt_rag.search("cards", collection=NAME, store=server)
    assert "page_content" in caught.value.remedy


def test_points_without_strings_are_refused(server: ServerStore, write: Write) -> None:
    write([{"n": 1}], TEXTS[:1])
    with pytest.raises(cpt_rag.CollectionError, match="no strings"):
        cpt_rag.search("cards", collection=NAME, store=server)


def test_an_empty_collection_is_refused(server: ServerStore, client: QdrantClient) -> None:
    size = models.VectorParams(size=4, distance=models.Distance.COSINE)
    client.create_collection(NAME, vectors_config=size)
    with pytest.raises(cpt_rag.CollectionError, match="is empty"):
        cpt_rag.search("cards", collection=NAME, store=server)
