"""Approximate search held against exact search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cpt_rag
from cpt_rag.integrity import Fault, verify
from cpt_rag.integrity.deep import dense_recall
from cpt_rag.qdrant import CollectionSpec, Engine, Identity, open_store
from cpt_rag.types import Fingerprint, Point, Scored

DIMENSION = 16


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    encoder = Fingerprint("tiny", "a", "b", DIMENSION, "mean", {})
    identity = Identity(encoder, "lines", "bm25", 1)
    with open_store(tmp_path / "s").create("docs", CollectionSpec(DIMENSION), identity) as made:
        yield made


def filled(engine: Engine, count: int) -> None:
    vectors = np.random.default_rng(0).normal(size=(count, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    engine.upsert(
        [Point(f"{n:08x}-0000-4000-8000-000000000000", {}, dense=v) for n, v in enumerate(vectors)]
    )


def test_without_a_graph_everything_is_found(engine: Engine) -> None:
    filled(engine, 300)
    recall = dense_recall(engine)
    assert (recall.found, recall.wanted, recall.share) == (1000, 1000, 1.0)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_small_collections_have_fewer_neighbours(engine: Engine, count: int) -> None:
    filled(engine, count)
    recall = dense_recall(engine)
    assert recall.found == recall.wanted == count * count
    assert recall.share == 1.0


def test_an_index_that_misses_neighbours_is_a_difference(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpt_rag.ingest(project, collection="docs", store=tmp_path)
    assert verify(project, collection="docs", store=tmp_path, deep=True).clean
    from cpt_rag.qdrant import edge

    whole = edge.EdgeEngine._query

    def torn(self: Any, arms: Any, limit: int, fusion: Any) -> list[Scored]:
        return whole(self, arms, limit, fusion)[-3:]

    monkeypatch.setattr(edge.EdgeEngine, "_query", torn)
    (found,) = verify(project, collection="docs", store=tmp_path, deep=True).differences
    assert found.fault is Fault.INDEX
    assert "nearest neighbours" in found.detail
