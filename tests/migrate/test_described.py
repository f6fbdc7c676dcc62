"""Another encoder embeds a collection's descriptions too, from their stored texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import cpt_rag
from cpt_rag.errors import InvalidInputError
from cpt_rag.ingest.prepare import text_digest
from cpt_rag.qdrant import METADATA, Store

from .conftest import held


@pytest.fixture
def descriptions(project: Path, tmp_path: Path, encoder: cpt_rag.Encoder) -> Path:
    """A line for each chunk of one file."""
    name = "shop/cart.py"
    chunks = cpt_rag.chunk_source(
        (project / name).read_text(encoding="utf-8"),
        name,
        count_tokens=encoder.count_tokens,
        max_tokens=cpt_rag.chunk_tokens(encoder),
    )
    lines = [
        {
            "digest": text_digest(chunk.embedded_text),
            "description": f"The {number}th thing about baskets.",
            "model": "tiny",
            "prompt": "say",
        }
        for number, chunk in enumerate(chunks)
    ]
    file = tmp_path / "descriptions.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return file


def test_a_migrated_collection_is_one_made_anew_descriptions_and_all(
    store: Store, project: Path, shorter: Path, descriptions: Path
) -> None:
    made = cpt_rag.ingest(project, collection="docs", store=store, descriptions=descriptions)
    report = cpt_rag.migrate("docs", encoder=shorter, store=store)
    assert report.switched
    assert report.described == made.described > 0
    call: dict[str, Any] = {"store": store, "encoder": shorter, "descriptions": descriptions}
    cpt_rag.ingest(project, collection="anew", **call)
    assert held(store) == held(store, "anew")
    (hit, *_) = cpt_rag.search("baskets", collection="docs", store=store)
    assert hit.metadata["description_model"] == "tiny"


def test_an_encoder_that_would_cut_a_description_is_refused_before_anything_is_built(
    local: Store, project: Path, encoder: cpt_rag.Encoder, descriptions: Path
) -> None:
    cpt_rag.ingest(project, collection="docs", store=local, descriptions=descriptions)
    narrow = cpt_rag.ForeignEncoder("narrow", lambda texts: [[len(t), 1.0] for t in texts])
    narrow.max_tokens = 3
    with pytest.raises(InvalidInputError, match="at most 3"):
        cpt_rag.migrate("docs", encoder=narrow, store=local)
    assert local.versions("docs").next is None
    assert any(METADATA in str(point) for point in held(local))
