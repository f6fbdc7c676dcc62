"""A collection copied between stores: the same points, and never taken for whole too soon."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pytest

import cpt_rag
from cpt_rag import copy
from cpt_rag.errors import (
    CollectionError,
    CollectionNotFoundError,
    IdentityMismatchError,
    InvalidInputError,
    StoreUnreachableError,
)
from cpt_rag.qdrant import (
    CollectionSpec,
    Hnsw,
    Identity,
    Store,
    open_store,
    remote,
    same_point,
)
from cpt_rag.types import Point

from .stub import Rest, Stub

pytestmark = pytest.mark.usefixtures("plain_environment")

SPEC = CollectionSpec(8, document_key=True, hnsw=Hnsw(m=8, ef_construct=32))


@pytest.fixture
def rest() -> Rest:
    return Rest()


@pytest.fixture
def stub(rest: Rest) -> Iterator[Stub]:
    made = Stub(rest)
    yield made
    made.close()


@pytest.fixture
def places(folder: Path, stub: Stub) -> dict[str, str]:
    return {"folder": str(folder), "other": str(folder.with_name("other")), "server": stub.url}


Fill = Callable[[str, int], None]


@pytest.fixture
def fill(identity: Identity) -> Fill:
    """Make a collection ``docs`` at a place, of so many chunks and a record for every ten."""

    def make(place: str, number: int) -> None:
        with open_store(place) as store, store.create("docs", SPEC, identity) as engine:
            engine.upsert(some_points(number))

    return make


def some_points(number: int, seed: int = 7) -> list[Point]:
    generator = np.random.default_rng(seed)
    points = []
    for identifier in range(number):
        one = Point(
            f"{generator.integers(2**32):08x}-0000-4000-8000-{identifier:012x}",
            {"page_content": f"text {identifier}", "n": identifier, "of": {"weight": 1.0}},
            dense=generator.normal(size=8).astype(np.float32),
            sparse=cpt_rag.SparseVector([identifier % 7, 9], [1.5, 0.1]),
        )
        points.append(replace(one, dense=None, sparse=None) if identifier % 10 == 0 else one)
    return points


def held(place: str | Store, name: str = "docs") -> list[Point]:
    """Every point of a collection that may be opened."""
    store = open_store(place) if isinstance(place, str) else place
    engine, _ = store.open(name)
    with engine:
        return [*engine.scroll(with_vectors=True)]


def same(one: list[Point], other: list[Point]) -> bool:
    return len(one) == len(other) > 0 and all(map(same_point, one, other))


DIRECTIONS = [("folder", "other"), ("folder", "server"), ("server", "folder")]


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_a_copy_has_the_same_points_identity_and_spec(
    source: str, target: str, places: dict[str, str], fill: Fill, identity: Identity
) -> None:
    fill(places[source], 700)
    report = cpt_rag.copy_collection("docs", places[source], places[target], new_name="mine")
    assert (report.points, report.written, report.unchanged, report.removed) == (700, 700, 0, 0)
    assert same(held(places[source]), held(places[target], "mine"))
    with open_store(places[target]) as store:
        engine, found = store.open("mine")
        with engine:
            assert found == identity
            assert engine.spec == SPEC


def test_a_copy_goes_through_a_real_server_and_back(
    server_store: Store, name: str, places: dict[str, str], fill: Fill
) -> None:
    """Only a server shows whether its own merging of metadata takes the mark off."""
    fill(places["folder"], 700)
    cpt_rag.copy_collection("docs", places["folder"], server_store, new_name=name)
    cpt_rag.copy_collection(name, server_store, places["other"], new_name="back")
    assert same(held(places["folder"]), held(places["other"], "back"))
    again = cpt_rag.copy_collection("docs", places["folder"], server_store, new_name=name)
    assert again.unchanged == 700


def test_between_embedded_stores_vectors_are_equal_to_the_bit(
    places: dict[str, str], fill: Fill
) -> None:
    fill(places["folder"], 700)
    cpt_rag.copy_collection("docs", places["folder"], places["other"])
    for one, other in zip(held(places["folder"]), held(places["other"]), strict=True):
        assert (one.dense is None) == (other.dense is None)
        assert one.dense is None or other.dense is None or (one.dense == other.dense).all()


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_a_second_copy_writes_nothing(
    source: str, target: str, places: dict[str, str], fill: Fill
) -> None:
    fill(places[source], 300)
    cpt_rag.copy_collection("docs", places[source], places[target])
    again = cpt_rag.copy_collection("docs", places[source], places[target])
    assert (again.points, again.written, again.unchanged, again.removed) == (300, 0, 300, 0)


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_a_copy_is_brought_level_with_a_source_that_has_changed(
    source: str, target: str, places: dict[str, str], fill: Fill
) -> None:
    fill(places[source], 300)
    cpt_rag.copy_collection("docs", places[source], places[target])
    points = some_points(300)
    with open_store(places[source]) as store, store.open("docs")[0] as engine:
        engine.delete_ids([point.id for point in points[:20]])
        engine.upsert(
            [
                replace(points[21], dense=points[22].dense),
                replace(points[23], payload={"n": True}),
                replace(points[24], sparse=points[28].sparse),
                replace(points[25], sparse=None),
                *some_points(30, seed=8),
            ]
        )
    report = cpt_rag.copy_collection("docs", places[source], places[target])
    assert (report.written, report.removed) == (34, 20)
    assert same(held(places[source]), held(places[target]))


def test_a_copy_of_an_ingested_folder_goes_on_being_ingested(
    project: Path, places: dict[str, str], encoder: cpt_rag.Encoder
) -> None:
    cpt_rag.ingest(project, collection="docs", store=places["folder"], encoder=encoder)
    cpt_rag.copy_collection("docs", places["folder"], places["server"])
    hits = cpt_rag.search("total price", collection="docs", store=places["server"])
    found = cpt_rag.search("total price", collection="docs", store=places["folder"])
    assert [hit.id for hit in hits] == [hit.id for hit in found]
    report = cpt_rag.ingest(project, collection="docs", store=places["server"])
    assert (report.files, report.unchanged) == (3, 3)


def test_what_is_there_and_something_else_is_left_alone(
    places: dict[str, str], fill: Fill, identity: Identity, tmp_path: Path
) -> None:
    fill(places["folder"], 30)
    with open_store(places["other"]) as store:
        store.create("docs", SPEC, replace(identity, chunker="words-1")).close()
        store.create("kept", CollectionSpec(8), identity).close()
    with pytest.raises(IdentityMismatchError, match="words-1"):
        cpt_rag.copy_collection("docs", places["folder"], places["other"])
    with pytest.raises(CollectionError, match="is kept as") as caught:
        cpt_rag.copy_collection("docs", places["folder"], places["other"], new_name="kept")
    assert "--as NAME" in caught.value.remedy
    with open_store(places["other"]) as store, store.open("kept")[0] as engine:
        assert engine.count() == 0


def test_a_copy_onto_itself_is_refused(places: dict[str, str], fill: Fill) -> None:
    fill(places["folder"], 30)
    for other in (places["folder"], Path(places["folder"]), f"{places['folder']}/../store"):
        with pytest.raises(InvalidInputError, match="onto itself"):
            cpt_rag.copy_collection("docs", places["folder"], other)
    cpt_rag.copy_collection("docs", places["folder"], places["folder"], new_name="twin")
    assert same(held(places["folder"]), held(places["folder"], "twin"))


def test_a_source_that_is_not_there_makes_no_target(places: dict[str, str]) -> None:
    with pytest.raises(CollectionNotFoundError):
        cpt_rag.copy_collection("docs", places["folder"], places["other"])
    assert not Path(places["other"]).exists()


def test_a_source_that_changes_under_the_copy_leaves_it_unfinished(
    places: dict[str, str], fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(places["folder"], 600)
    late = some_points(600)

    def interfere(done: int, total: int, name: str) -> None:
        with open_store(places["folder"]).open("docs")[0] as engine:
            engine.delete_ids([point.id for point in late])

    with pytest.raises(CollectionError, match="changed meanwhile"):
        cpt_rag.copy_collection("docs", places["folder"], places["other"], progress=interfere)
    with pytest.raises(CollectionError, match="unfinished copy"):
        open_store(places["other"]).open("docs")


@pytest.fixture(params=["folder", "local", "server"])
def marked(request: pytest.FixtureRequest, name: str, identity: Identity) -> tuple[Store, str]:
    store: Store = request.getfixturevalue(f"{request.param}_store")
    with store.create(name, SPEC, identity, copy_of="'docs' in /srv/store") as engine:
        engine.upsert(some_points(20))
    return store, name


def test_an_unfinished_copy_is_opened_by_nobody_else(marked: tuple[Store, str]) -> None:
    store, name = marked
    for attempt in (
        lambda: store.open(name),
        lambda: cpt_rag.search("x", collection=name, store=store),
        lambda: cpt_rag.open_collection(name, store, create=True),
        lambda: cpt_rag.copy_collection(name, store, store, new_name=f"{name}-2"),
    ):
        with pytest.raises(CollectionError, match="'docs' in /srv/store") as caught:
            attempt()
        assert "run the same cpt-rag copy again" in caught.value.remedy
    assert store.exists(name)
    store.delete(name)
    assert not store.exists(name)


def test_a_mark_is_put_on_and_taken_off(marked: tuple[Store, str], identity: Identity) -> None:
    store, name = marked
    store.mark(name, "")
    engine, found = store.open(name)
    with engine:
        assert (found, engine.spec, engine.count()) == (identity, SPEC, 20)
        store.mark(name, "another")
        with pytest.raises(CollectionError, match="another"):
            store.open(name)
        assert engine.count() == 20


def unfinished_or_whole(place: str, expected: list[Point]) -> str:
    """What a copy looks like to anybody else: not there, refused, or with every point."""
    with open_store(place) as store:
        if not store.exists("docs"):
            return "absent"
        try:
            engine, _ = store.open("docs")
        except CollectionError:
            return "refused"
        with engine:
            assert same([*engine.scroll(with_vectors=True)], expected)
        return "whole"


@pytest.fixture(scope="module")
def clean_processes() -> BaseContext:
    """Processes that have the library imported and no engine's threads inherited."""
    if sys.platform == "win32":
        pytest.skip("there is no fork server there")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cpt_rag", "cpt_rag.qdrant.edge_store", "qdrant_client"])
    return context


def copy_until(batch: int, source: str, target: str) -> None:
    """Copy, and be killed from outside right after so many batches, or never where it is 0."""

    def tell(done: int, total: int, label: str) -> None:
        nonlocal batch
        batch -= 1
        if batch == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    cpt_rag.copy_collection("docs", source, target, progress=tell)


def forget(place: str) -> None:
    with open_store(place) as store:
        if store.exists("docs"):
            store.delete("docs")


COPIES = pytest.mark.parametrize(
    ("source", "target"), [("folder", "other"), ("folder", "server"), ("server", "folder")]
)


@COPIES
def test_a_copy_killed_after_a_batch_is_refused_until_the_same_command_finishes_it(
    source: str,
    target: str,
    places: dict[str, str],
    fill: Fill,
    clean_processes: BaseContext,
) -> None:
    fill(places[source], 800)
    start, done = places[source], places[target]
    expected = held(start)
    batches = 800 // copy.BATCH_POINTS
    for batch in range(1, batches + 1):
        forget(done)
        process = begun(clean_processes, batch, start, done)
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert unfinished_or_whole(done, expected) == "refused"
        cpt_rag.copy_collection("docs", start, done)
        assert unfinished_or_whole(done, expected) == "whole"


@COPIES
def test_a_copy_killed_at_any_instant_is_never_taken_for_whole(
    source: str,
    target: str,
    places: dict[str, str],
    fill: Fill,
    clean_processes: BaseContext,
) -> None:
    fill(places[source], 800)
    start, done = places[source], places[target]
    expected = held(start)
    whole = timed(clean_processes, start, done)
    chance = random.Random(11)
    for kill in range(12):
        if kill % 4 == 0:  # from nothing; else on top of what the last kill left
            forget(done)
        process = begun(clean_processes, 0, start, done)
        process.join(chance.uniform(0, whole))
        process.kill()
        process.join()
        unfinished_or_whole(done, expected)  # what opens has every point
    cpt_rag.copy_collection("docs", start, done)
    assert unfinished_or_whole(done, expected) == "whole"


def begun(context: BaseContext, batch: int, source: str, target: str) -> BaseProcess:
    process: BaseProcess = context.Process(  # type: ignore[attr-defined]
        target=copy_until, args=(batch, source, target)
    )
    process.start()
    return process


def timed(context: BaseContext, source: str, target: str) -> float:
    """Seconds of a process that copies undisturbed."""
    for _ in range(2):  # the first one also starts the server that forks
        started = time.perf_counter()
        process = begun(context, 0, source, target)
        process.join()
        seconds = time.perf_counter() - started
        assert process.exitcode == 0
        forget(target)
    return seconds


@pytest.mark.parametrize("carried_out", [True, False], ids=["answer lost", "request lost"])
def test_a_server_that_goes_away_at_any_request_leaves_no_half_for_whole(
    carried_out: bool,
    rest: Rest,
    places: dict[str, str],
    fill: Fill,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "ATTEMPTS", 1)
    monkeypatch.setattr(remote, "FIRST_ATTEMPTS", 1)
    monkeypatch.setattr("cpt_rag.copy.BATCH_POINTS", 20)
    fill(places["folder"], 60)
    expected = held(places["folder"])
    outcomes = set()
    for number in range(int(carried_out), 200, 2):
        gone = rest.leave_after(number, carried_out=carried_out)
        try:
            cpt_rag.copy_collection("docs", places["folder"], places["server"])
        except StoreUnreachableError:
            rest.stay()
            outcomes.add(unfinished_or_whole(places["server"], expected))
            cpt_rag.copy_collection("docs", places["folder"], places["server"])
        rest.stay()
        assert unfinished_or_whole(places["server"], expected) == "whole", number
        with open_store(places["server"]) as store:
            store.delete("docs")
        if not gone:
            break
    assert number > 15
    assert {"absent", "refused"} <= outcomes
