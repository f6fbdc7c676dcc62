"""A migration killed at any instant is finished by the same command, and search goes on."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import time
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

import cpt_rag
from cpt_rag.qdrant import open_store
from cpt_rag.types import Scored

from .conftest import encoder_of, held

KILLS = 16


@pytest.fixture(scope="module")
def clean_processes() -> BaseContext:
    """Processes that have the library imported and no engine's threads inherited."""
    if sys.platform == "win32":
        pytest.skip("there is no fork server there")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cpt_rag", "cpt_rag.qdrant.edge_store", "cpt_rag.encoders"])
    return context


def run(encoder: str, store: str, documents: int) -> None:
    """Migrate, and be killed from outside once so many documents are made, or never for 0."""

    def tell(done: int, total: int, label: str) -> None:
        if label == "documents" and 0 < documents <= done:
            os.kill(os.getpid(), signal.SIGKILL)

    cpt_rag.migrate("docs", encoder=encoder, store=store, progress=tell)


def start(context: BaseContext, encoder: Path, store: Path, documents: int = 0) -> BaseProcess:
    process: BaseProcess = context.Process(  # type: ignore[attr-defined]
        target=run, args=(str(encoder), str(store), documents)
    )
    process.start()
    return process


def found(store: Path) -> list[Scored]:
    """What a search by words finds in either version."""
    engine, _ = open_store(store).open("docs")
    with engine:
        return engine.query(sparse=cpt_rag.bm25.query_vector("total price"))


def test_the_same_command_finishes_what_was_killed(
    project: Path, folder: Path, shorter: Path, clean_processes: BaseContext
) -> None:
    cpt_rag.ingest(project, collection="docs", store=folder)
    with cpt_rag.open_collection("docs", folder) as opened:
        notes = [f"Note {number} is about parcels." for number in range(500)]
        cpt_rag.Documents(opened).add(notes)
    old = held(folder)
    for _ in range(2):  # the first one also starts the server that forks
        started = time.perf_counter()
        process = start(clean_processes, shorter, folder)
        process.join()
        whole = time.perf_counter() - started
        assert process.exitcode == 0
        new = held(folder)
        cpt_rag.rollback("docs", store=folder)
    chance = random.Random(5)
    for kill in range(KILLS):
        process = start(clean_processes, shorter, folder)
        deadline = time.perf_counter() + chance.uniform(0.1, 1.2) * whole
        while time.perf_counter() < deadline:  # others search in the meantime
            assert found(folder)
            time.sleep(0.1)
        process.kill()
        process.join()
        if held(folder) == new:
            cpt_rag.rollback("docs", store=folder)
        assert held(folder) == old, kill
    process = start(clean_processes, shorter, folder, documents=1)  # halfway, whatever the clock
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert open_store(folder).versions("docs").next is not None
    assert held(folder) == old
    cpt_rag.migrate("docs", encoder=shorter, store=folder)
    assert (held(folder), encoder_of(folder)) == (new, str(shorter))
