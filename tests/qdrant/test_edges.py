"""One test for each sharp edge of the engines, by the numbers they were found under.

Where the engine's own behaviour is what is guarded against, the test shows it first on the bare
engine, so that a new version that mends or moves the edge is noticed.
"""

from __future__ import annotations

import datetime
import math
import multiprocessing
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import qdrant_edge

from cpt_rag.errors import InvalidInputError, InvalidPointError, StoreCorruptError, StoreError
from cpt_rag.qdrant import CollectionSpec, Engine, Identity, Store, Where, edge_shard, gate
from cpt_rag.qdrant.edge import EdgeEngine
from cpt_rag.types import Fingerprint, Point, SparseVector

Run = Callable[..., "subprocess.CompletedProcess[str]"]
MakeId = Callable[[int], str]
DENSE = np.arange(1, 9, dtype=np.float32)

BUILD = """
import os, signal, sys, uuid
from cpt_rag.qdrant import CollectionSpec, Identity, open_store
from cpt_rag.types import Fingerprint, Point, SparseVector
import numpy as np
store = open_store(sys.argv[1])
identity = Identity(Fingerprint("tiny", "a", "b", 8, "mean", {}), "c", "s", 1)
engine = store.create("docs", CollectionSpec(8), identity)
def batch(start, size=50):
    return [
        Point(str(uuid.UUID(int=n + 1)), {"number": n}, np.full(8, n + 1, np.float32),
              SparseVector([n], [1.0]))
        for n in range(start, start + size)
    ]
"""


@pytest.fixture
def edge(folder_store: Store, spec: CollectionSpec, identity: Identity) -> Engine:
    return folder_store.create("docs", spec, identity)


def bare_shard(path: Path) -> qdrant_edge.EdgeShard:
    dense = qdrant_edge.EdgeVectorParams(8, qdrant_edge.Distance.Cosine)
    path.parent.mkdir(parents=True, exist_ok=True)
    return qdrant_edge.EdgeShard.create(str(path), qdrant_edge.EdgeConfig(vectors={"dense": dense}))


def put(shard: qdrant_edge.EdgeShard, *points: qdrant_edge.Point) -> None:
    shard.update(qdrant_edge.UpdateOperation.upsert_points(list(points)))


def break_engine(engine: Engine) -> None:
    """Panic inside the shard, past the gate."""
    assert isinstance(engine, EdgeEngine)
    torn = qdrant_edge.Point(
        str(uuid.uuid4()), {"bm25": qdrant_edge.SparseVector([1, 2], [1.0])}, {}
    )
    engine._shard.update(qdrant_edge.UpdateOperation.upsert_points([torn]))


def test_edge_1_a_torn_sparse_vector_never_reaches_the_shard(
    edge: Engine, folder_store: Store, make_id: MakeId
) -> None:
    """Unequal lengths panic the engine and leave a log that no load reads back."""
    with pytest.raises(InvalidPointError, match="2 indices and 1 values"):
        edge.upsert([Point(make_id(0), {}, sparse=SparseVector([1, 2], [1.0]))])
    edge.upsert([Point(make_id(1), {}, sparse=SparseVector([1, 2], [1.0, 1.0]))])
    edge.close()
    with folder_store.open("docs")[0] as again:
        assert again.count() == 1


def test_edge_1_a_handle_is_poisoned_by_a_panic(edge: Engine, make_id: MakeId) -> None:
    """PanicException is a BaseException: no ``except Exception`` would have seen it."""
    with pytest.raises(StoreCorruptError, match="the engine broke"):
        break_engine(edge)
    for action in (
        edge.count,
        edge.flush,
        lambda: edge.upsert([Point(make_id(1), {})]),
        lambda: edge.query(dense=DENSE),
        lambda: list(edge.scroll()),
    ):
        with pytest.raises(StoreCorruptError, match="broke before"):
            action()
    edge.close()


def test_edge_1_a_bricked_shard_is_an_error_and_can_be_deleted(
    edge: Engine, folder_store: Store, spec: CollectionSpec, identity: Identity
) -> None:
    """The panic comes again in the replay of the log, at every load."""
    with pytest.raises(StoreCorruptError):
        break_engine(edge)
    edge.close()
    with pytest.raises(StoreCorruptError, match="cpt-rag delete --collection docs"):
        folder_store.open("docs")
    folder_store.delete("docs")
    folder_store.create("docs", spec, identity).close()


def test_edge_2_a_wrong_dimension_writes_nothing(
    edge: Engine, make_id: MakeId, folder: Path
) -> None:
    """The engine applies what comes before the bad point, and then raises."""
    good = [Point(make_id(n), {}, DENSE) for n in range(3)]
    shard = bare_shard(folder / "bare")
    bare = [qdrant_edge.Point(p.id, {"dense": DENSE.tolist()}, {}) for p in good]
    with pytest.raises(Exception, match="dimension"):
        put(shard, *bare, qdrant_edge.Point(make_id(9), {"dense": [1.0]}, {}))
    shard.close()
    with pytest.raises(InvalidPointError, match=r"shape \(1,\)"):
        edge.upsert([*good, Point(make_id(9), {}, np.ones(1, np.float32))])
    assert edge.count() == 0
    edge.close()


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_edge_3_numbers_that_never_rank_are_refused(
    edge: Engine, make_id: MakeId, value: float
) -> None:
    """NaN is stored and never found; a NaN query answers [] as if there were nothing."""
    bad = np.array([value, *[0.0] * 7], np.float32)
    with pytest.raises(InvalidPointError, match="NaN, infinity"):
        edge.upsert([Point(make_id(0), {}, bad)])
    with pytest.raises(InvalidPointError, match="no finite number"):
        edge.upsert([Point(make_id(0), {}, sparse=SparseVector([1], [value]))])
    with pytest.raises(InvalidPointError, match="the query"):
        edge.query(dense=bad)
    with pytest.raises(InvalidPointError, match="the query"):
        edge.query(sparse=SparseVector([1], [value]))
    assert edge.count() == 0
    edge.close()


def test_edge_4_ids_are_uuids_and_nothing_else(edge: Engine) -> None:
    """The engine takes True for the number 1."""
    odd: Any
    for odd in (True, 1, "1"):
        with pytest.raises(InvalidPointError, match="with the id"):
            edge.upsert([Point(odd, {})])
        with pytest.raises(InvalidPointError, match="with the id"):
            edge.delete_ids([odd])
    assert edge.count() == 0
    edge.close()


def test_edge_5_payloads_never_change_in_silence(
    edge: Engine, make_id: MakeId, folder: Path
) -> None:
    """Bytes become a list and 2**70 a float, without a word."""
    shard = bare_shard(folder / "bare")
    put(shard, qdrant_edge.Point(make_id(0), {}, {"bytes": b"ab", "large": 2**70}))
    changed = shard.retrieve([make_id(0)], True, False)[0].payload
    shard.close()
    assert changed is not None
    assert changed["bytes"] == [97, 98]
    assert type(changed["large"]) is float
    for value in (b"ab", 2**70, datetime.datetime.now(), {1}, math.nan, {1: 1}, "\ud800"):
        with pytest.raises(InvalidPointError, match="in its payload"):
            edge.upsert([Point(make_id(0), {"value": value})])
    assert edge.count() == 0
    edge.close()


def test_edge_5_a_payload_that_the_log_cannot_read_back_is_refused(
    edge: Engine, folder_store: Store, make_id: MakeId, folder: Path
) -> None:
    """Deep nesting is written and acknowledged, and then no load reads the log."""

    def nested(levels: int) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for _ in range(levels):
            value = {"down": value}
        return value

    shard = bare_shard(folder / "bare")
    put(shard, qdrant_edge.Point(make_id(0), {}, nested(130)))
    shard.close()
    with pytest.raises(Exception, match="RecursionLimitExceeded"):
        qdrant_edge.EdgeShard.load(str(folder / "bare"))

    with pytest.raises(InvalidPointError, match="nested deeper"):
        edge.upsert([Point(make_id(0), nested(gate.MAX_DEPTH + 1))])
    edge.upsert([Point(make_id(0), nested(gate.MAX_DEPTH))])
    edge.close()
    with folder_store.open("docs")[0] as again:
        assert again.retrieve([make_id(0)])[0].payload == nested(gate.MAX_DEPTH)


def test_edge_6_every_filtered_field_is_indexed(edge: Engine, spec: CollectionSpec) -> None:
    """Facets, ordering and text matches need an index, and return nothing without."""
    assert isinstance(edge, EdgeEngine)
    schema = edge._shard.run(lambda shard: shard.info().payload_schema)
    assert set(schema) == set(spec.keyword_fields)
    edge.close()


def test_edge_7_an_empty_filter_deletes_nothing(
    edge: Engine, make_id: MakeId, folder: Path
) -> None:
    """The engine takes no condition for every point."""
    shard = bare_shard(folder / "bare")
    put(shard, qdrant_edge.Point(make_id(0), {}, {}))
    shard.update(qdrant_edge.UpdateOperation.delete_points_by_filter(qdrant_edge.Filter()))
    assert shard.count(qdrant_edge.CountRequest()) == 0
    shard.close()
    edge.upsert([Point(make_id(0), {})])
    with pytest.raises(InvalidInputError):
        edge.delete(Where())
    assert edge.count() == 1
    edge.close()


def test_edge_8_filters_cost_no_recall(
    folder_store: Store, make_id: MakeId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The graph alone finds about .87 of the neighbours that this filter leaves."""
    monkeypatch.setattr(edge_shard, "FULL_SCAN_KB", 1)
    monkeypatch.setattr(edge_shard, "INDEXING_KB", 100)
    dimension, size = 32, 4000
    random = np.random.default_rng(0)
    centres = random.normal(size=(40, dimension))

    def draw(count: int) -> Any:
        spread = random.normal(size=(count, dimension)) * 0.5
        rows = centres[random.integers(0, 40, count)] + spread
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    vectors, queries, wanted = draw(size), draw(40), random.random(size) < 0.2
    identity = Identity(Fingerprint("e", "w", "t", dimension, "mean", {}), "c", "s", 1)
    with folder_store.create("docs", CollectionSpec(dimension), identity) as engine:
        engine.upsert(
            [
                Point(make_id(n), {"tag": "yes" if wanted[n] else "no"}, vectors[n])
                for n in range(size)
            ]
        )
        engine.optimise()
        assert isinstance(engine, EdgeEngine)
        assert engine._shard.run(lambda shard: shard.info().indexed_vectors_count) == size
        found = 0
        for query in queries:
            near = np.argsort(np.where(wanted, -(vectors @ query), np.inf))[:10]
            hits = engine.query(dense=query, limit=10, where=Where({"tag": ["yes"]}))
            found += len({make_id(int(n)) for n in near} & {hit.id for hit in hits})
    assert found / (10 * len(queries)) > 0.98


def _use(engine: Engine, results: Connection) -> None:
    answers = []
    for action in (engine.count, lambda: engine.query(dense=DENSE), engine.flush):
        try:
            action()
        except StoreError as error:
            answers.append(str(error))
    engine.close()
    results.send(answers)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_edge_9_a_forked_child_is_refused_and_disturbs_nothing(
    edge: Engine, folder_store: Store, make_id: MakeId
) -> None:
    """The engine's threads do not live in the child: a call there would hang."""
    edge.upsert([Point(make_id(0), {}, DENSE)])
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    child = fork.Process(target=_use, args=(edge, sender))
    child.start()
    assert receiver.poll(30), "the child hangs"
    answers = receiver.recv()
    child.join(30)
    assert child.exitcode == 0
    assert len(answers) == 3
    assert all("forked child" in answer and "spawn" in answer for answer in answers)
    edge.upsert([Point(make_id(1), {}, DENSE)])
    with folder_store.open("docs")[0] as shared:
        assert shared.count() == 2
    edge.close()
    with folder_store.open("docs")[0] as again:
        assert again.count() == 2


@pytest.mark.parametrize("damage", ["truncated", "deleted"])
def test_edge_10_a_damaged_id_tracker_is_seen_at_open(
    edge: Engine, folder_store: Store, folder: Path, make_id: MakeId, damage: str
) -> None:
    """The engine loads half of the points, or none, and says nothing.

    Its log mends damage to its last writes; these points have left the log.
    """
    edge.upsert([Point(make_id(n), {"number": n}, DENSE) for n in range(200)])
    edge.close()
    with folder_store.open("docs")[0] as later:
        later.upsert([Point(make_id(200), {})])
    folder_store.open("docs")[0].close()
    trackers = [*folder.glob(".shards/docs-*/segments/*/mutable_id_tracker.mappings")]
    assert trackers
    for tracker in trackers:
        if damage == "deleted":
            tracker.unlink()
        else:
            tracker.write_bytes(tracker.read_bytes()[: tracker.stat().st_size // 2])
    with pytest.raises(StoreCorruptError, match="cpt-rag delete --collection docs"):
        folder_store.open("docs")


def test_acknowledged_points_outlive_a_kill(
    run_python: Run, folder: Path, folder_store: Store
) -> None:
    """The log is on: without it, everything since the last flush would be gone."""
    killed = run_python(
        BUILD + "for start in range(0, 500, 50):\n"
        "    engine.upsert(batch(start))\n"
        "    print(start + 50, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n",
        str(folder),
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    acknowledged = int(killed.stdout.split()[-1])
    with folder_store.open("docs")[0] as engine:
        points = list(engine.scroll(with_vectors=True))
        assert [point.payload["number"] for point in points] == list(range(acknowledged))
        assert all(point.dense is not None and point.sparse is not None for point in points)
        assert len(engine.query(dense=DENSE, limit=1000)) == acknowledged


def test_acknowledged_points_outlive_a_kill_in_mid_write(folder: Path, folder_store: Store) -> None:
    """Killed from outside, wherever it is just then."""
    script = BUILD + "for start in range(0, 10**6, 50):\n    engine.upsert(batch(start))\n"
    script += "    print(start + 50, flush=True)\n"
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    for _ in range(5):
        writer.stdout.readline()
    writer.kill()
    rest = writer.stdout.read().splitlines()
    writer.wait()
    acknowledged = int(rest[-1]) if rest else 250
    with folder_store.open("docs")[0] as engine:
        numbers = {point.payload["number"] for point in engine.scroll()}
    assert set(range(acknowledged)) <= numbers


def test_local_mode_fusion_is_never_nan(
    local_store: Store, spec: CollectionSpec, identity: Identity, make_id: MakeId
) -> None:
    """In the client's local mode infinity ranks first and turns fused scores to NaN."""
    with local_store.create("docs", spec, identity) as engine:
        engine.upsert([Point(make_id(0), {}, DENSE, SparseVector([1], [1.0]))])
        with pytest.raises(InvalidPointError, match="infinity"):
            engine.upsert([Point(make_id(1), {}, np.full(8, np.inf, np.float32))])
        found = engine.query(dense=DENSE, sparse=SparseVector([1], [1.0]))
        assert [hit.score for hit in found] == pytest.approx([2 / 60])


def test_local_mode_deletes_nothing_by_an_empty_filter(
    local_store: Store, spec: CollectionSpec, identity: Identity, make_id: MakeId
) -> None:
    """There too no condition means every point."""
    with local_store.create("docs", spec, identity) as engine:
        engine.upsert([Point(make_id(0), {})])
        with pytest.raises(InvalidInputError):
            engine.delete(Where())
        assert engine.count() == 1
