"""Writes to a server that loses answers, refuses their size, or goes away in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import cpt_rag
from cpt_rag.errors import RequestTooLargeError, StoreUnreachableError
from cpt_rag.qdrant import (
    CollectionSpec,
    Engine,
    Identity,
    ServerStore,
    open_store,
    remote,
    same_point,
)
from cpt_rag.types import Point

from .stub import LOST, Answer, Request, Rest, Stub, failing

TOO_LARGE = "Payload error: JSON payload (33554587 bytes) is larger than allowed (limit: 33554432)."
TOO_MANY = (
    'Limit exceeded 60 > 20 for "upsert limit". Help: Reduce the "upsert limit" parameter to or'
    " below 20."
)

pytestmark = pytest.mark.usefixtures("plain_environment")


@pytest.fixture
def rest() -> Rest:
    return Rest()


@pytest.fixture
def stub(rest: Rest) -> Iterator[Stub]:
    made = Stub(rest)
    yield made
    made.close()


@pytest.fixture
def engine(stub: Stub, spec: CollectionSpec, identity: Identity) -> Iterator[Engine]:
    with open_store(stub.url) as store, store.create("docs", spec, identity) as made:
        yield made


def losing_first(rest: Rest, path: str) -> None:
    """Carry out the first request to a path of this ending, and lose its answer."""
    lost: list[Request] = []

    def after(request: Request, answer: Answer) -> Answer:
        if not lost and request.method != "GET" and request.path.split("?")[0].endswith(path):
            lost.append(request)
            return LOST
        return answer

    rest.after = after


def test_a_write_whose_answer_was_lost_is_harmless_twice(
    rest: Rest, stub: Stub, engine: Engine, chunks: list[Point]
) -> None:
    losing_first(rest, "/points")
    engine.upsert(chunks)
    assert [request.method for request in stub.requests[-2:]] == ["PUT", "PUT"]
    assert stub.requests[-1].body == stub.requests[-2].body
    assert engine.count() == len(chunks)


def test_a_creation_whose_answer_was_lost_is_ones_own(
    rest: Rest, stub: Stub, spec: CollectionSpec, identity: Identity
) -> None:
    losing_first(rest, "/docs")
    with open_store(stub.url) as store, store.create("docs", spec, identity) as engine:
        assert engine.count() == 0


@pytest.mark.parametrize(
    "answer",
    [
        failing(413),
        failing(400, TOO_LARGE),
        failing(400, TOO_MANY),
        (413, {}, b"<html><title>413 Too Large</title>"),
    ],
)
def test_a_request_that_is_too_large_is_sent_in_parts(
    rest: Rest, stub: Stub, engine: Engine, chunks: list[Point], answer: Answer
) -> None:
    limit = 5000
    rest.before = lambda request: answer if len(request.body) > limit else None
    engine.upsert(chunks)
    assert [*engine.scroll()] == [Point(chunk.id, chunk.payload) for chunk in chunks]
    writes = [len(r.body) for r in stub.requests if r.method == "PUT" and "/points" in r.path]
    assert max(writes) > limit
    assert sum(size <= limit for size in writes) > 1


def test_a_point_that_is_too_large_by_itself_is_named(
    rest: Rest, engine: Engine, chunks: list[Point]
) -> None:
    rest.before = lambda request: failing(413) if b"enormous" in request.body else None
    bulky = Point(chunks[7].id, {"page_content": "enormous"}, dense=np.ones(8, dtype=np.float32))
    with pytest.raises(RequestTooLargeError, match="max_request_size_mb"):
        engine.upsert([*chunks[:7], bulky, *chunks[8:]])


@pytest.mark.parametrize("carried_out", [True, False], ids=["answer lost", "request lost"])
def test_an_ingestion_that_a_server_left_at_any_request_is_mended_by_the_next(
    carried_out: bool,
    rest: Rest,
    stub: Stub,
    project: Path,
    encoder: cpt_rag.Encoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "ATTEMPTS", 1)

    def held() -> list[Point]:
        engine, _ = ServerStore(rest.client).open("docs")
        return [*engine.scroll(with_vectors=True)]

    cpt_rag.ingest(project, collection="docs", store=stub.url, encoder=encoder)
    expected = held()
    for number in range(int(carried_out), 200, 2):
        rest.client.delete_collection("docs--1")
        gone = rest.leave_after(number, carried_out=carried_out)
        try:
            cpt_rag.ingest(project, collection="docs", store=stub.url, encoder=encoder)
        except StoreUnreachableError:
            rest.stay()
            cpt_rag.ingest(project, collection="docs", store=stub.url, encoder=encoder)
        rest.stay()
        assert all(map(same_point, expected, held())), f"left at request {number}"
        assert len(held()) == len(expected), f"left at request {number}"
        if not gone:
            break
    assert number > 15  # the collection, its indexes and its points
