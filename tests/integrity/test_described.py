"""A description that is hurt is seen, and repair loses none of the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

import cpt_rag
from cpt_rag.cli.main import NAME, app
from cpt_rag.cli.run import run as run_app
from cpt_rag.errors import InvalidInputError
from cpt_rag.ingest.prepare import text_digest
from cpt_rag.integrity import Fault, export, repair, verify
from cpt_rag.integrity.deep import dense_recall
from cpt_rag.qdrant import METADATA, PAGE_CONTENT, Where, open_store
from cpt_rag.types import Point

CART = "shop/cart.py"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a store, in memory where there is such a place: the engine syncs every write."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        yield Path(made) / "store"


@pytest.fixture
def descriptions(project: Path, tmp_path: Path, encoder: cpt_rag.Encoder) -> Path:
    """A line for each chunk of one file."""
    chunks = cpt_rag.chunk_source(
        (project / CART).read_text(encoding="utf-8"),
        CART,
        count_tokens=encoder.count_tokens,
        max_tokens=cpt_rag.chunk_tokens(encoder),
    )
    file = tmp_path / "descriptions.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for chunk in chunks:
            fields = {"digest": text_digest(chunk.embedded_text), "model": "tiny", "prompt": "say"}
            text = f"About baskets: {chunk.symbol}."
            out.write(json.dumps({**fields, "description": text}) + "\n")
    return file


@pytest.fixture
def filled(project: Path, folder: Path, descriptions: Path) -> Path:
    cpt_rag.ingest(project, collection="docs", store=folder, descriptions=descriptions)
    return project


def bend(folder: Path, change: Callable[[Point], Point]) -> None:
    """Change one of the described chunks behind the back of its file's record."""
    engine, _ = open_store(folder).open("docs")
    with engine:
        where = Where({f"{METADATA}.path": [CART]})
        engine.upsert([change(next(iter(engine.scroll(where, with_vectors=True))))])


def chunks(folder: Path) -> list[dict[str, Any]]:
    """What is held but for the records."""
    engine, _ = open_store(folder).open("docs")
    with engine:
        return [point for point in export(engine) if point["vectors"]]


def other_text(point: Point) -> Point:
    return replace(point, payload={**point.payload, PAGE_CONTENT: "another text"})


def other_description(point: Point) -> Point:
    metadata = {**point.payload[METADATA], "description": "Something else entirely."}
    return replace(point, payload={**point.payload, METADATA: metadata})


def other_vector(point: Point) -> Point:
    assert point.described is not None
    return replace(point, described=np.roll(point.described, 1))


def no_vector(point: Point) -> Point:
    return replace(point, described=None)


def test_what_was_just_described_is_clean(filled: Path, folder: Path) -> None:
    assert verify(filled, collection="docs", store=folder, deep=True).clean
    names = [set(point["vectors"]) for point in chunks(folder)]
    assert {"dense", "bm25", "description"} in names
    assert {"dense", "bm25"} in names
    engine, _ = open_store(folder).open("docs")
    with engine:
        recall = dense_recall(engine, described=True)
        assert recall.found == recall.wanted == sum("description" in one for one in names) ** 2


def test_repair_keeps_the_descriptions_of_what_was_hurt(filled: Path, folder: Path) -> None:
    before = chunks(folder)
    bend(folder, other_text)
    (found,) = verify(filled, collection="docs", store=folder).differences
    assert (found.path, found.fault) == (CART, Fault.DAMAGED)
    assert repair(filled, collection="docs", store=folder).clean
    assert chunks(folder) == before


@pytest.mark.parametrize("change", [other_description, other_vector, no_vector])
def test_a_hurt_description_is_mended_from_its_file_and_not_lost_without(
    filled: Path, folder: Path, descriptions: Path, change: Callable[[Point], Point]
) -> None:
    before = chunks(folder)
    bend(folder, change)
    hurt = chunks(folder)
    with pytest.raises(InvalidInputError, match="1 descriptions of collection 'docs'"):
        repair(filled, collection="docs", store=folder)
    assert chunks(folder) == hurt
    arguments = ("verify", filled, "-c", "docs", "-s", folder, "--repair")
    code = run_app(app, [*map(str, arguments), "--descriptions", str(descriptions)], NAME)
    assert code == 0
    assert chunks(folder) == before
