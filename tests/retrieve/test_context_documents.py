"""Texts that came from no file stand in a pack beside those that did."""

from __future__ import annotations

import json
from pathlib import Path

import cpt_rag
from cpt_rag.qdrant import Store

NOTES = ["Cards are charged at night, in batches.", "Refunds are paid within a week of return."]


def test_documents_and_chunks_share_a_pack(
    store: Store, project: Path, encoder: cpt_rag.Encoder
) -> None:
    cpt_rag.ingest(project, collection="docs", store=store, encoder=encoder)
    with cpt_rag.open_collection("docs", store, encoder=encoder) as collection:
        (identifier, _) = cpt_rag.Documents(collection).add(
            NOTES, [{}, {"source": "wiki/refunds.md"}], ["note-1", "note-2"]
        )
        pack = cpt_rag.context("when are cards charged and refunds paid?", collection=collection)
    places = {passage.text: passage.place for passage in pack.passages}
    (point,) = (place.path for text, place in places.items() if text == NOTES[0])
    assert identifier == "note-1"
    assert places[NOTES[1]] == cpt_rag.Place("", "wiki/refunds.md", 0, 0)
    assert any(place.path == "README.md" for place in places.values())
    assert f"## {point}\n" in pack.text
    assert "## wiki/refunds.md\n" in pack.text
    spans = [p for p in pack.passages if p.text in NOTES]
    assert all((p.start, p.end) == (0, len(p.text)) for p in spans)


def test_documents_of_one_path_are_told_apart(store: Store, encoder: cpt_rag.Encoder) -> None:
    metadata = {"source": "wiki/money.md"}
    with cpt_rag.open_collection("docs", store, encoder=encoder, create=True) as collection:
        cpt_rag.Documents(collection).add(NOTES, [metadata] * 2)
        pack = cpt_rag.context("cards and refunds", collection=collection, form="json")
    passages = json.loads(pack.text)["passages"]
    assert sorted(passage["text"] for passage in passages) == sorted(NOTES)
    first, second = (passage["citation"] for passage in passages)
    assert first == "wiki/money.md"
    assert second.startswith("wiki/money.md#")
