"""A second dense vector, that of a text that describes the point, is the same on every engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import cpt_rag
from cpt_rag.errors import InvalidInputError, InvalidPointError, StoreCorruptError
from cpt_rag.qdrant import (
    CollectionSpec,
    Engine,
    Fusion,
    Identity,
    Store,
    Where,
    digest_point,
    same_point,
)
from cpt_rag.types import Point, Scored, SparseVector

SPEC = CollectionSpec(8, described=True)
QUERY = np.arange(1, 9, dtype=np.float32)
SPARSE = SparseVector([0, 3, 5, 9], [0.2, 1.0, 1.0, 0.5])


@pytest.fixture
def described(chunks: list[Point]) -> list[Point]:
    """The chunks, two in three with a description."""
    random = np.random.default_rng(11)
    return [
        chunk
        if number % 3 == 0
        else replace(chunk, described=random.normal(size=8).astype(np.float32))
        for number, chunk in enumerate(chunks)
    ]


@pytest.fixture
def engine(store: Store, name: str, identity: Identity) -> Iterator[Engine]:
    with store.create(name, SPEC, identity) as made:
        yield made


def by_description(points: list[Point]) -> list[int]:
    """Numbers of the points that have one, the nearest to the query first."""
    scores = {
        point.payload["number"]: float(point.described @ QUERY / np.linalg.norm(point.described))
        for point in points
        if point.described is not None
    }
    return sorted(scores, key=lambda number: -scores[number])


def numbers(found: list[Scored]) -> list[int]:
    return [hit.payload["number"] for hit in found]


def test_descriptions_come_back_of_unit_length(engine: Engine, described: list[Point]) -> None:
    engine.upsert(described)
    ids = [point.id for point in described]
    for found in (list(engine.scroll(with_vectors=True)), engine.retrieve(ids, with_vectors=True)):
        for stored, given in zip(found, described, strict=True):
            assert stored.dense is not None
            assert (stored.described is None) == (given.described is None)
            if stored.described is not None and given.described is not None:
                unit = given.described / np.linalg.norm(given.described)
                np.testing.assert_allclose(stored.described, unit, atol=1e-6)
    assert all(point.described is None for point in engine.scroll())


def test_a_point_that_replaces_another_keeps_nothing_of_its_description(
    engine: Engine, described: list[Point]
) -> None:
    engine.upsert(described)
    engine.upsert([replace(described[1], described=None)])
    (stored,) = engine.retrieve([described[1].id], with_vectors=True)
    assert stored.dense is not None
    assert stored.described is None
    assert 1 not in numbers(engine.query(described=QUERY, limit=60))


def test_only_what_has_a_description_is_found_by_it(engine: Engine, described: list[Point]) -> None:
    engine.upsert(described)
    assert numbers(engine.query(described=QUERY, limit=60)) == by_description(described)
    python = Where({"metadata.language": ["go"]})
    assert engine.query(described=QUERY, where=python) == []


def test_the_spec_is_remembered(store: Store, name: str, identity: Identity) -> None:
    store.create(name, SPEC, identity).close()
    engine, _ = store.open(name)
    with engine:
        assert engine.spec == SPEC


def test_the_description_is_a_third_arm_that_counts_as_the_dense_one(
    engine: Engine, described: list[Point]
) -> None:
    engine.upsert(described)
    arms = (
        (0.5, engine.query(dense=QUERY, limit=20)),
        (1.0, engine.query(sparse=SPARSE, limit=20)),
        (0.5, engine.query(described=QUERY, limit=20)),
    )
    scores: dict[str, float] = {}
    for weight, arm in arms:
        for rank, hit in enumerate(arm):
            scores[hit.id] = scores.get(hit.id, 0.0) + 1 / ((rank + 1) / weight + 59)
    expected = sorted(scores, key=lambda identifier: (-scores[identifier], identifier))[:12]
    ask: dict[str, Any] = {"dense": QUERY, "sparse": SPARSE, "described": QUERY}
    found = engine.query(**ask, limit=12, prefetch=20, fusion=Fusion(weights=(0.5, 1.0)))
    assert [hit.id for hit in found] == expected
    np.testing.assert_allclose([hit.score for hit in found], [scores[i] for i in expected], 1e-6)


FUSIONS = {
    "ranks": Fusion(),
    "scores": Fusion("dbsf"),
    "wanted": Fusion(wanted=Where({"metadata.path": ["src/5.py"]})),
}


@pytest.mark.parametrize("fusion", FUSIONS.values(), ids=FUSIONS)
def test_fusion_of_three_is_equal_on_every_engine(
    fusion: Fusion,
    request: pytest.FixtureRequest,
    name: str,
    identity: Identity,
    described: list[Point],
) -> None:
    answers = []
    for kind in ["folder", "local", *(["server"] if os.environ.get("QDRANT_URL") else [])]:
        store: Store = request.getfixturevalue(f"{kind}_store")
        with store.create(name, SPEC, identity) as engine:
            engine.upsert(described)
            ask: dict[str, Any] = {"dense": QUERY, "sparse": SPARSE, "described": QUERY}
            answers.append(engine.query(**ask, limit=30, prefetch=20, fusion=fusion))
    for other in answers[1:]:
        assert [hit.id for hit in other] == [hit.id for hit in answers[0]]
        np.testing.assert_allclose(
            [hit.score for hit in other], [hit.score for hit in answers[0]], atol=1e-6
        )


def test_what_a_plain_collection_does_not_hold_is_refused(
    store: Store, name: str, spec: CollectionSpec, identity: Identity, described: list[Point]
) -> None:
    with store.create(name, spec, identity) as plain:
        with pytest.raises(InvalidPointError, match="the vector of a description"):
            plain.upsert(described)
        assert plain.count() == 0
        with pytest.raises(InvalidInputError, match="no vectors of descriptions"):
            plain.query(dense=QUERY, described=QUERY)


@pytest.mark.parametrize(
    ("vector", "match"),
    [(np.full(8, np.nan, np.float32), "NaN"), (np.ones(7, np.float32), r"shape \(7,\)")],
)
def test_a_bad_description_keeps_its_whole_batch_out(
    engine: Engine, described: list[Point], vector: np.ndarray, match: str
) -> None:
    with pytest.raises(InvalidPointError, match=f"the description of point .*{match}"):
        engine.upsert([*described[:5], replace(described[5], described=vector)])
    assert engine.count() == 0
    with pytest.raises(InvalidPointError, match=match):
        engine.query(described=vector)


def test_a_spec_without_descriptions_reads_and_is_written_as_ever() -> None:
    plain = CollectionSpec(8)
    assert "described" not in plain.to_payload()
    assert CollectionSpec.from_payload(plain.to_payload()) == plain
    assert CollectionSpec.from_payload(SPEC.to_payload()) == SPEC
    with pytest.raises(StoreCorruptError):
        CollectionSpec.from_payload({**plain.to_payload(), "described": 1})


def test_the_digest_of_a_point_without_description_is_what_it_always_was() -> None:
    unit = np.eye(4, dtype=np.float32)[0]
    sparse = SparseVector([3, 1], [0.5, 0.25])
    point = Point("00000000-0000-4000-8000-000000000000", {"a": 1}, unit, sparse)
    assert digest_point(point) == 6744594051085883582
    one, other = replace(point, described=unit), replace(point, described=-unit)
    assert len({digest_point(each) for each in (point, one, other)}) == 3
    assert same_point(one, replace(one))
    assert not same_point(one, other)
    assert not same_point(one, point)


@pytest.mark.parametrize("back", [False, True], ids=["to a client", "to a folder"])
def test_a_copy_has_the_descriptions(
    folder_store: Store, local_store: Store, identity: Identity, described: list[Point], back: bool
) -> None:
    source, target = (local_store, folder_store) if back else (folder_store, local_store)
    with source.create("docs", SPEC, identity) as engine:
        engine.upsert(described)
        points = list(engine.scroll(with_vectors=True))
    cpt_rag.copy_collection("docs", source, target)
    copied, _ = target.open("docs")
    with copied:
        assert copied.spec == SPEC
        pairs = zip(points, copied.scroll(with_vectors=True), strict=True)
        assert all(same_point(one, other) for one, other in pairs)
    assert cpt_rag.copy_collection("docs", source, target).written == 0
