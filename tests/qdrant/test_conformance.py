"""One behaviour on every engine: embedded, the client's local mode, a server where one is given."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pytest

from cpt_rag.errors import InvalidInputError, InvalidPointError, StoreError
from cpt_rag.qdrant import CollectionSpec, Engine, Factor, Fusion, Identity, Store, Where
from cpt_rag.qdrant.batches import by_bytes, estimate
from cpt_rag.types import Point, Scored, SparseVector

MakeId = Callable[[int], str]
DENSE = np.arange(1, 9, dtype=np.float32)
SPARSE = SparseVector([0, 3, 5, 9], [0.2, 1.0, 1.0, 0.5])


def numbers(found: Sequence[Point] | Sequence[Scored]) -> list[int]:
    return [hit.payload["number"] for hit in found]


def by_cosine(chunks: list[Point]) -> list[int]:
    def score(point: Point) -> float:
        assert point.dense is not None
        return float(point.dense @ DENSE / np.linalg.norm(point.dense))

    return numbers(sorted(chunks, key=score, reverse=True))


def test_upsert_replaces_whole_points(engine: Engine, chunks: list[Point]) -> None:
    engine.upsert(chunks)
    engine.upsert([Point(chunks[0].id, {"number": -1}, dense=DENSE)])
    assert engine.count() == len(chunks)
    (point,) = engine.retrieve([chunks[0].id], with_vectors=True)
    assert point.payload == {"number": -1}
    assert point.sparse is None
    assert point.dense is not None
    np.testing.assert_allclose(point.dense, DENSE / np.linalg.norm(DENSE), rtol=1e-6)


def test_the_later_of_two_points_with_one_id_stays(engine: Engine, chunks: list[Point]) -> None:
    first = chunks[0]
    engine.upsert([first, *chunks[1:3], Point(first.id, {"number": 99})])
    assert engine.retrieve([first.id])[0].payload == {"number": 99}
    assert engine.count() == 3


def test_vectors_come_back(engine: Engine, chunks: list[Point]) -> None:
    engine.upsert(chunks)
    for stored, given in zip(engine.scroll(with_vectors=True), chunks, strict=True):
        assert stored.dense is not None
        assert given.dense is not None
        assert stored.dense.dtype == np.float32
        unit = given.dense / np.linalg.norm(given.dense)
        np.testing.assert_allclose(stored.dense, unit, atol=1e-6)
        assert stored.sparse is not None
        assert given.sparse is not None
        assert list(stored.sparse.indices) == list(given.sparse.indices)
        np.testing.assert_allclose(stored.sparse.values, given.sparse.values, rtol=1e-6)
    assert all(point.dense is None and point.sparse is None for point in engine.scroll())


def test_delete_by_filter(engine: Engine, chunks: list[Point]) -> None:
    engine.upsert(chunks)
    engine.delete(Where({"metadata.path": ["src/0.py", "src/1.py"], "metadata.language": ["go"]}))
    kept = [n for n in range(60) if not (n % 6 in {0, 1} and n % 3 == 0)]
    assert numbers(list(engine.scroll())) == kept


def test_delete_by_filter_spares_the_ids_named(engine: Engine, chunks: list[Point]) -> None:
    engine.upsert(chunks)
    engine.delete(Where({"metadata.path": ["src/2.py"]}, must_not_ids=[chunks[8].id]))
    assert numbers(list(engine.scroll(Where({"metadata.path": ["src/2.py"]})))) == [8]


def test_delete_by_ids(engine: Engine, chunks: list[Point]) -> None:
    engine.upsert(chunks)
    engine.delete_ids([chunks[3].id, str(uuid.uuid4())])
    engine.delete_ids([])
    assert engine.count() == 59
    assert engine.retrieve([chunks[3].id]) == []


@pytest.mark.parametrize("where", [Where(), Where(must_not_ids=[str(uuid.UUID(int=1))])])
def test_a_deletion_that_names_no_field_is_refused(
    engine: Engine, chunks: list[Point], where: Where
) -> None:
    engine.upsert(chunks)
    with pytest.raises(InvalidInputError, match="empty the collection"):
        engine.delete(where)
    assert engine.count() == 60


def test_dense_query(engine: Engine, chunks: list[Point]) -> None:
    engine.upsert(chunks)
    found = engine.query(dense=DENSE, limit=7)
    assert numbers(found) == by_cosine(chunks)[:7]
    assert all(1 >= hit.score >= -1 for hit in found)


def test_sparse_query_weighs_rare_terms_more(engine: Engine, make_id: MakeId) -> None:
    common, rare = 1, 2
    engine.upsert(
        [Point(make_id(n), {"number": n}, sparse=SparseVector([common], [1.0])) for n in range(20)]
        + [Point(make_id(20), {"number": 20}, sparse=SparseVector([rare], [0.6]))]
    )
    found = engine.query(sparse=SparseVector([common, rare], [1.0, 1.0]), limit=3)
    assert numbers(found)[0] == 20
    assert found[0].score > 3 * found[1].score


def test_equal_scores_come_in_the_order_of_ids(engine: Engine, make_id: MakeId) -> None:
    same = SparseVector([4], [1.0])
    engine.upsert([Point(make_id(n), {"number": n}, sparse=same) for n in (5, 3, 1, 4, 2, 0)])
    assert numbers(engine.query(sparse=same, limit=6)) == [0, 1, 2, 3, 4, 5]


def test_filtered_queries(engine: Engine, chunks: list[Point]) -> None:
    engine.upsert(chunks)
    where = Where({"metadata.language": ["go", "rust"]}, must_not_ids=[chunks[0].id])
    expected = [n for n in by_cosine(chunks) if n % 3 == 0 and n != 0]
    assert numbers(engine.query(dense=DENSE, limit=60, where=where)) == expected
    for found in (
        engine.query(sparse=SPARSE, limit=60, where=where),
        engine.query(dense=DENSE, sparse=SPARSE, limit=60, where=where),
    ):
        assert sorted(numbers(found)) == sorted(expected)


def test_records_without_vectors_are_kept_but_never_found(
    engine: Engine, chunks: list[Point], records: list[Point]
) -> None:
    engine.upsert([*chunks, *records])
    assert engine.count() == 65
    assert engine.count(Where({"_cpt.kind": ["file"]})) == 5
    assert [*engine.scroll(Where({"_cpt.kind": ["file"]}))] == records
    assert engine.retrieve([record.id for record in records]) == records
    hidden = {record.id for record in records}
    for found in (
        engine.query(dense=DENSE, limit=100),
        engine.query(sparse=SPARSE, limit=100),
        engine.query(dense=DENSE, sparse=SPARSE, limit=100),
        engine.query(dense=DENSE, where=Where({"_cpt.kind": ["file"]})),
    ):
        assert hidden.isdisjoint(hit.id for hit in found)


def test_payloads_come_back_equal(engine: Engine, make_id: MakeId) -> None:
    deep: dict[str, object] = {"leaf": 1}
    for _ in range(25):
        deep = {"down": deep}
    payload = {
        "text": "naïve 😀 \u2028 \x00 line\r\n",
        "numbers": [2**63 - 1, -(2**63), 0, 1.0, -0.5, 5e-324, 1.7976931348623157e308],
        "flags": [True, False, None],
        "empty": ["", [], {}],
        "": {"a.b": {"c[0]": 1}},
        "deep": deep,
    }
    engine.upsert([Point(make_id(0), payload)])
    (stored,) = engine.retrieve([make_id(0)])
    assert stored.payload == payload
    assert [type(n) for n in stored.payload["numbers"]] == [int] * 3 + [float] * 4
    assert [*engine.scroll()] == [stored]


def test_scroll_passes_page_after_page(engine: Engine, make_id: MakeId) -> None:
    engine.upsert([Point(make_id(n), {"number": n}) for n in range(700)])
    walk = engine.scroll()
    assert numbers([next(walk) for _ in range(300)]) == list(range(300))
    assert numbers(list(walk)) == list(range(300, 700))


def test_retrieve_keeps_the_order_asked(engine: Engine, chunks: list[Point]) -> None:
    engine.upsert(chunks)
    asked = [chunks[9].id, str(uuid.uuid4()), chunks[2].id, chunks[9].id]
    assert numbers(engine.retrieve(asked)) == [9, 2, 9]
    assert engine.retrieve([]) == []


def test_the_document_key(store: Store, name: str, identity: Identity, make_id: MakeId) -> None:
    with store.create(name, CollectionSpec(8, document_key=True), identity) as engine:
        engine.upsert([Point(make_id(0), {"page_content": "body"}), Point(make_id(1), {"x": 1})])
    engine, _ = store.open(name)
    with engine:
        assert engine.spec.document_key
        assert [point.payload for point in engine.scroll()] == [
            {"page_content": "body", "document": "body"},
            {"x": 1},
        ]


def test_a_bad_point_keeps_its_whole_batch_out(engine: Engine, chunks: list[Point]) -> None:
    bad = Point(chunks[30].id, {}, dense=np.ones(7, dtype=np.float32))
    with pytest.raises(InvalidPointError, match=r"shape \(7,\)"):
        engine.upsert([*chunks[:30], bad])
    assert engine.count() == 0


def test_bad_queries_raise(engine: Engine, chunks: list[Point]) -> None:
    engine.upsert(chunks)
    with pytest.raises(InvalidPointError, match="NaN"):
        engine.query(dense=np.full(8, np.nan, dtype=np.float32))
    with pytest.raises(InvalidPointError, match="2 indices and 1 values"):
        engine.query(sparse=SparseVector([1, 2], [1.0]))
    with pytest.raises(InvalidInputError, match="without vectors"):
        engine.query()
    with pytest.raises(InvalidInputError, match="limit = 0"):
        engine.query(dense=DENSE, limit=0)
    with pytest.raises(InvalidInputError, match="prefetch = 0"):
        engine.query(dense=DENSE, prefetch=0)


def test_a_closed_engine_refuses(engine: Engine, chunks: list[Point]) -> None:
    engine.upsert(chunks)
    walk = engine.scroll()
    next(walk)
    engine.close()
    engine.close()
    with pytest.raises(StoreError, match="is closed"):
        engine.count()
    with pytest.raises(StoreError, match="is closed"):
        engine.upsert(chunks)
    with pytest.raises(StoreError, match="is closed"):
        engine.scroll()


def test_a_collection_opens_as_it_was_closed(
    store: Store, name: str, spec: CollectionSpec, identity: Identity, chunks: list[Point]
) -> None:
    with store.create(name, spec, identity) as made:
        made.upsert(chunks)
        made.optimise()
        made.flush()
        before = made.query(dense=DENSE, sparse=SPARSE)
    engine, found = store.open(name)
    with engine:
        assert found == identity
        assert engine.spec == spec
        assert engine.name == name
        assert numbers(list(engine.scroll())) == list(range(60))
        assert [hit.id for hit in engine.query(dense=DENSE, sparse=SPARSE)] == [
            hit.id for hit in before
        ]


LANGUAGE, PATH = "metadata.language", "metadata.path"
FUSIONS = {
    "plain": Fusion(),
    "weighted": Fusion(weights=(1.0, 0.3)),
    "scores": Fusion("dbsf"),
    "wanted": Fusion(wanted=Where({PATH: ["src/5.py"]})),
    "factors": Fusion(factors=(Factor(LANGUAGE, ["go"], 0.3), Factor(PATH, ["src/2.py"], 2.0))),
    "all": Fusion(
        "dbsf", wanted=Where({PATH: ["src/5.py"]}), factors=(Factor(LANGUAGE, ["go"], 0.3),)
    ),
}


@pytest.mark.parametrize("fusion", FUSIONS.values(), ids=FUSIONS)
@pytest.mark.parametrize("limit", [1, 5, 60])
def test_fusion_is_equal_on_every_engine(
    limit: int,
    fusion: Fusion,
    request: pytest.FixtureRequest,
    name: str,
    spec: CollectionSpec,
    identity: Identity,
    chunks: list[Point],
) -> None:
    kinds = ["folder", "local", *(["server"] if os.environ.get("QDRANT_URL") else [])]
    where = Where({"metadata.language": ["python"]})
    answers: list[list[Scored]] = []
    filtered: list[list[Scored]] = []
    for kind in kinds:
        store: Store = request.getfixturevalue(f"{kind}_store")
        with store.create(name, spec, identity) as engine:
            engine.upsert(chunks)
            ask = partial(engine.query, dense=DENSE, sparse=SPARSE, limit=limit, prefetch=20)
            answers.append(ask(fusion=fusion))
            filtered.append(ask(fusion=fusion, where=where))
    for found in (answers, filtered):
        for other in found[1:]:
            assert [hit.id for hit in other] == [hit.id for hit in found[0]]
            assert [hit.payload for hit in other] == [hit.payload for hit in found[0]]
            np.testing.assert_allclose(
                [hit.score for hit in other], [hit.score for hit in found[0]], atol=1e-6
            )


def test_fusion_is_reciprocal_rank_with_60_from_rank_0(engine: Engine, chunks: list[Point]) -> None:
    engine.upsert(chunks)
    ranks = [
        {hit.id: rank for rank, hit in enumerate(engine.query(dense=DENSE, limit=20))},
        {hit.id: rank for rank, hit in enumerate(engine.query(sparse=SPARSE, limit=20))},
    ]
    scores = {
        identifier: sum(1 / (60 + arm[identifier]) for arm in ranks if identifier in arm)
        for identifier in {*ranks[0], *ranks[1]}
    }
    expected = sorted(scores, key=lambda identifier: (-scores[identifier], identifier))[:12]
    found = engine.query(dense=DENSE, sparse=SPARSE, limit=12, prefetch=20)
    assert [hit.id for hit in found] == expected
    np.testing.assert_allclose([hit.score for hit in found], [scores[i] for i in expected], 1e-6)


def test_a_factor_multiplies_the_fused_score(engine: Engine, chunks: list[Point]) -> None:
    engine.upsert(chunks)
    ask = partial(engine.query, dense=DENSE, sparse=SPARSE, limit=60, prefetch=60)
    factors = (Factor(LANGUAGE, ["go"], 0.5), Factor(PATH, ["src/3.py", "src/4.py"], 3.0))
    before = {hit.id: hit.score for hit in ask()}
    for hit in ask(fusion=Fusion(factors=factors)):
        metadata = hit.payload["metadata"]
        by = 0.5 if metadata["language"] == "go" else 1.0
        by *= 3.0 if metadata["path"] in {"src/3.py", "src/4.py"} else 1.0
        assert hit.score == pytest.approx(by * before[hit.id], rel=1e-5)


def test_what_is_wanted_is_a_candidate_however_far_it_is(
    engine: Engine, chunks: list[Point]
) -> None:
    engine.upsert(chunks)
    wanted = Fusion(wanted=Where({PATH: ["src/5.py"]}))
    own = {chunk.id for chunk in chunks if chunk.payload["metadata"]["path"] == "src/5.py"}
    ask = partial(engine.query, dense=DENSE, sparse=SPARSE, limit=30, prefetch=30)
    near = {hit.id for hit in engine.query(dense=DENSE, limit=30)}
    assert not own <= near
    assert own <= {hit.id for hit in ask(fusion=wanted, limit=60)}
    go = ask(fusion=wanted, limit=60, where=Where({LANGUAGE: ["go"]}))
    assert {hit.payload["metadata"]["language"] for hit in go} == {"go"}


def test_scores_are_fused_by_their_spread(engine: Engine, chunks: list[Point]) -> None:
    engine.upsert(chunks)
    scores: dict[str, float] = {}
    for arm in (engine.query(dense=DENSE, limit=20), engine.query(sparse=SPARSE, limit=20)):
        values = np.array([hit.score for hit in arm])
        low = values.mean() - 3 * values.std(ddof=1)
        high = values.mean() + 3 * values.std(ddof=1)
        for hit in arm:
            scores[hit.id] = scores.get(hit.id, 0.0) + (hit.score - low) / (high - low)
    found = engine.query(dense=DENSE, sparse=SPARSE, limit=12, prefetch=20, fusion=Fusion("dbsf"))
    for hit in found:
        assert hit.score == pytest.approx(scores[hit.id], abs=1e-4)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Fusion(weights=(0.0, 1.0)),
        lambda: Fusion("dbsf", weights=(1.0, 0.5)),
        lambda: Factor(PATH, ["a"], 0.0),
        lambda: Factor(PATH, [], 2.0),
    ],
)
def test_an_impossible_fusion_is_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(InvalidInputError):
        wrong()


def test_the_values_of_a_field_are_listed_once(engine: Engine, chunks: list[Point]) -> None:
    assert engine.values(PATH) == ()
    engine.upsert(chunks)
    assert engine.values(PATH) == tuple(f"src/{number}.py" for number in range(6))
    assert engine.values(LANGUAGE) == ("go", "python")
    assert engine.tally(LANGUAGE) == {"go": 20, "python": 40}
    engine.delete(Where({LANGUAGE: ["go"]}))
    assert engine.values(LANGUAGE) == ("python",)
    assert engine.tally(LANGUAGE) == {"python": engine.count(Where({LANGUAGE: ["python"]}))}
    with pytest.raises(InvalidInputError, match=r"metadata\.number"):
        engine.values("metadata.number")


def test_fused_ties_are_cut_by_id_every_time(engine: Engine, make_id: MakeId) -> None:
    """A point that one vector finds ties with the point that only the other finds at that rank."""
    eye = np.eye(8, dtype=np.float32)
    weights = DENSE / np.linalg.norm(DENSE)
    engine.upsert(
        [Point(make_id(n), {"number": n}, dense=eye[n]) for n in range(8)]
        + [
            Point(make_id(8 + n), {"number": 8 + n}, sparse=SparseVector([1], [1.0 + n]))
            for n in range(8)
        ]
    )
    expected = [7, 15, 6, 14, 5, 13, 4]
    for _ in range(10):
        found = engine.query(dense=weights, sparse=SparseVector([1], [1.0]), limit=7)
        assert numbers(found) == expected


def test_batches_are_bounded_by_bytes(make_id: MakeId) -> None:
    points = [Point(make_id(n), {"text": "x" * 1000}, dense=DENSE) for n in range(50)]
    limit = 5 * estimate(points[0])
    batches = list(by_bytes(points, limit))
    assert [point for batch in batches for point in batch] == points
    assert [len(batch) for batch in batches] == [5] * 10
    assert [len(batch) for batch in by_bytes(points, 1)] == [1] * 50
