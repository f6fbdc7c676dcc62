"""Preparing in processes of their own gives what preparing here gives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cpt_rag
from cpt_rag.errors import CptRagError
from cpt_rag.ingest import workers
from cpt_rag.ingest.prepare import Task, prepare
from cpt_rag.ingest.workers import Workers

GROUPS = [
    (number, [Task(f"shop/part{number}.py", b"def part%d(x):\n    return x\n" % number)])
    for number in range(12)
]

SCRIPT = """
import sys
import cpt_rag
from cpt_rag.ingest import workers
workers.START_BYTES = 1
print("top")
report = cpt_rag.ingest(sys.argv[1], collection="docs", store=sys.argv[2])
print(report.indexed, report.chunks > 3)
"""


@pytest.fixture(autouse=True)
def three_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_cores", lambda: 3)


def test_batches_come_in_order_and_are_the_same_as_here(encoder: cpt_rag.Encoder) -> None:
    with Workers(encoder) as processes:
        made = list(processes.prepare(iter(GROUPS), workers.START_BYTES))
    assert [number for number, _ in made] == list(range(12))
    for (_, batch), (_, tasks) in zip(made, GROUPS, strict=True):
        (there,), (here,) = batch.files, prepare(tasks, encoder).files
        assert there.role == here.role
        assert [c.chunk for c in there.chunks] == [c.chunk for c in here.chunks]
        assert [c.digest for c in there.chunks] == [c.digest for c in here.chunks]
        for theirs, ours in zip(there.chunks, here.chunks, strict=True):
            assert theirs.dense is not None
            assert ours.dense is not None
            assert theirs.dense.tobytes() == ours.dense.tobytes()
            assert theirs.sparse == ours.sparse


def test_no_more_is_taken_than_is_soon_written(encoder: cpt_rag.Encoder) -> None:
    taken = 0

    def groups() -> Iterator[tuple[int, list[Task]]]:
        nonlocal taken
        for group in GROUPS:
            taken += 1
            yield group

    with Workers(encoder) as processes:
        batches = processes.prepare(groups(), workers.START_BYTES)
        next(batches)
        assert taken == workers.AHEAD * 2 < len(GROUPS)


def test_a_single_core_is_not_shared(
    encoder: cpt_rag.Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_cores", lambda: 1)
    with Workers(encoder) as processes:
        assert len(list(processes.prepare(iter(GROUPS), workers.START_BYTES))) == 12
        assert processes._started == []


def test_little_work_starts_no_process(encoder: cpt_rag.Encoder) -> None:
    with Workers(encoder) as processes:
        assert len(list(processes.prepare(iter(GROUPS), 100))) == 12
        assert processes._started == []


def test_groups_with_nothing_to_prepare_start_none_and_keep_their_place(
    encoder: cpt_rag.Encoder,
) -> None:
    with Workers(encoder) as processes:
        empty: list[tuple[int, list[Task]]] = [(number, []) for number in range(9)]
        made = list(processes.prepare(iter(empty), workers.START_BYTES))
        assert [(number, batch.files) for number, batch in made] == [(n, []) for n in range(9)]
        assert processes._started == []
        mixed = [*empty[:2], *GROUPS[2:4], *empty[4:]]
        made = list(processes.prepare(iter(mixed), workers.START_BYTES))
        assert [(n, len(batch.files)) for n, batch in made] == [(n, len(t)) for n, t in mixed]


def test_an_encoder_that_no_other_process_can_load_stays_here() -> None:
    foreign = cpt_rag.ForeignEncoder("letters", lambda texts: [[len(t), 1.0] for t in texts])
    with Workers(foreign) as processes:
        assert len(list(processes.prepare(iter(GROUPS), workers.START_BYTES))) == 12
        assert processes._started == []


def test_what_is_known_is_not_embedded(encoder: cpt_rag.Encoder) -> None:
    task = GROUPS[0][1][0]
    (file,) = prepare([task], encoder).files
    known = frozenset(chunk.digest for chunk in file.chunks)
    (again,) = prepare([Task(task.path, task.content, known)], encoder).files
    assert [chunk.dense for chunk in again.chunks] == [None] * len(file.chunks)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_worker_that_dies_is_said_so(encoder: cpt_rag.Encoder) -> None:
    with Workers(encoder) as processes:
        batches = processes.prepare(iter(GROUPS), workers.START_BYTES)
        next(batches)
        for worker in processes._started:
            os.kill(worker._process.pid, signal.SIGKILL)
        with pytest.raises(CptRagError, match=r"ended with status -9[\s\S]*run the same command"):
            list(batches)


def test_a_script_without_a_main_guard_runs_once(project: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(project), str(tmp_path / "store")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.split() == ["top", "3", "True"], done.stderr
