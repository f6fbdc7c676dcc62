"""Whatever disturbs an ingestion, the same command then gives what an undisturbed one does."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import cpt_rag
from cpt_rag.errors import StoreLockedError
from cpt_rag.ingest import pipeline
from cpt_rag.ingest.read import read_bytes
from cpt_rag.integrity import export, verify
from cpt_rag.qdrant import open_store

HERE = Path(__file__).resolve().parents[2]
HARNESS = HERE / "tests" / "benchmarks" / "integrity" / "kill.py"
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
INTERRUPTED = 130
posix = pytest.mark.skipif(os.name == "nt", reason="signals and process groups are POSIX")

# The command line with workers however little there is to do, and the ids of its processes.
WITH_WORKERS = """
import sys
from cpt_rag.cli.main import main
from cpt_rag.ingest import pipeline, workers
workers.START_BYTES = 1
workers._cores = lambda: 3
pipeline.GROUP_BYTES = 2000
ask = workers.Workers._ask
def told(self, tasks):
    print(*(worker._process.pid for worker in self._started), file=sys.stderr, flush=True)
    return ask(self, tasks)
workers.Workers._ask = told
main()
"""


def exported(store: Path) -> list[dict[str, Any]]:
    engine, _ = open_store(store).open("docs")
    with engine:
        return list(export(engine))


def converges(tree: Path, store: Path, scratch: Path) -> bool:
    """Whether the same command gives a clean collection, equal to a fresh one of the same tree."""
    cpt_rag.ingest(tree, collection="docs", store=store)
    cpt_rag.ingest(tree, collection="docs", store=scratch)
    assert exported(store) == exported(scratch)
    assert verify(tree, collection="docs", store=store).clean
    return True


def ingest_command(tree: Path, store: Path) -> list[str]:
    return ["ingest", str(tree), "-c", "docs", "-s", str(store), "--json"]


def alive(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return Path("/proc").is_dir() is False and _signalled(process)
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def _signalled(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def end(processes: list[int]) -> bool:
    """Whether all of them end soon."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not any(map(alive, processes)):
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder in memory where there is such a place: the engine syncs every write."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        yield Path(made)


@pytest.fixture
def tree(place: Path) -> Path:
    """Some real files."""
    copied = place / "tree"
    shutil.copytree(HERE / "cpt_rag" / "chunking", copied)
    return copied


@posix
def test_kills_in_every_phase_leave_nothing_behind() -> None:
    done = subprocess.run(
        [sys.executable, str(HARNESS), "--rounds", "6", "--files", "16"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 kills" in done.stdout
    assert "0 differences" in done.stdout


@pytest.fixture
def busy(tree: Path, place: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """An ingestion with workers at work, and their process ids; ended with the test."""
    process = subprocess.Popen(
        [sys.executable, "-c", WITH_WORKERS, *ingest_command(tree, place / "store")],
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    workers = [int(word) for word in process.stderr.readline().split()]
    yield process, workers
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


Busy = tuple["subprocess.Popen[str]", list[int]]


@posix
def test_workers_do_not_outlive_a_killed_parent(busy: Busy, tree: Path, place: Path) -> None:
    process, workers = busy
    assert len(workers) == 2
    process.kill()
    process.wait()
    assert end(workers)
    assert converges(tree, place / "store", place / "fresh")


@posix
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_everything_with_a_word(
    busy: Busy, tree: Path, place: Path, times: int
) -> None:
    process, workers = busy
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    assert "Interrupted. Run the same command again to go on." in said
    assert "Traceback" not in said
    assert end(workers)
    assert converges(tree, place / "store", place / "fresh")


def in_a_small_disk(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a shell script where it may mount a disk of its own at /mnt."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not here")
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    command = ["unshare", "-rm", "bash", "-c", script, "bash", *map(str, arguments)]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)


@posix
@pytest.mark.parametrize("size", ["8m", "50m"])
def test_a_full_disk_is_said_so_and_with_room_the_same_command_goes_on(
    tree: Path, place: Path, size: str
) -> None:
    """The engine writes through mapped memory: without a look at the room, SIGBUS ends it."""
    done = in_a_small_disk(
        'mount -t tmpfs -o size="$1" none /mnt && "$2" -m cpt_rag.cli "${@:4}"; echo "code $?"\n'
        'mount -o remount,size=400m /mnt && "$2" -m cpt_rag.cli "${@:4}" && cp -a /mnt/store "$3"',
        *(size, sys.executable, place / "store"),
        *ingest_command(tree, Path("/mnt/store")),
    )
    assert done.returncode == 0, done.stderr
    assert "code 2" in done.stdout
    assert "MiB are free" in done.stderr
    assert "make room and run the same command again" in done.stderr
    assert converges(tree, place / "store", place / "fresh")


@pytest.fixture
def while_read(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[Path], object]], None]:
    """Have something happen to a file just before it is read."""

    def plan(name: str, happens: Callable[[Path], object]) -> None:
        read = read_bytes
        pending = [name]

        def disturbed(path: Path) -> bytes:
            if path.name in pending:
                pending.remove(path.name)
                happens(path)
            return read(path)

        monkeypatch.setattr(pipeline, "read_bytes", disturbed)

    return plan


WhileRead = Callable[[str, Callable[[Path], object]], None]


@pytest.mark.parametrize("first", [True, False], ids=["at first", "later"])
def test_a_file_that_vanishes_before_it_is_read(
    tree: Path, place: Path, while_read: WhileRead, first: bool
) -> None:
    if not first:
        cpt_rag.ingest(tree, collection="docs", store=place / "store")
    while_read("code.py", Path.unlink)
    report = cpt_rag.ingest(tree, collection="docs", store=place / "store")
    assert report.skipped == {"vanished": 1}
    assert converges(tree, place / "store", place / "fresh")


def test_a_file_that_changes_before_and_after_it_is_read(
    tree: Path, place: Path, while_read: WhileRead
) -> None:
    while_read("code.py", lambda path: path.write_text("x = 1\n"))
    cpt_rag.ingest(tree, collection="docs", store=place / "store")
    (tree / "code.py").write_text("def other():\n    return 2\n")
    report = cpt_rag.ingest(tree, collection="docs", store=place / "store")
    assert (report.indexed, report.unchanged) == (1, report.files - 1)
    assert converges(tree, place / "store", place / "fresh")


@posix
def test_a_second_process_is_refused_and_may_work_on_another_collection(
    busy: Busy, tree: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, _ = busy
    os.killpg(process.pid, signal.SIGSTOP)
    monkeypatch.setattr("cpt_rag.qdrant.lock.PATIENCE", 0.0)
    with pytest.raises(StoreLockedError, match=rf"process id {process.pid}"):
        cpt_rag.ingest(tree, collection="docs", store=place / "store")
    other = cpt_rag.ingest(tree, collection="other", store=place / "store")
    os.killpg(process.pid, signal.SIGCONT)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert json.loads(out)["indexed"] == other.indexed > 0
    assert converges(tree, place / "store", place / "fresh")


FORKING = """
import os, sys
import cpt_rag
children = []
def fork_once(done, total, label):
    if done == 10 and not children:
        child = os.fork()
        if child == 0:
            sys.exit(3)  # through every ``finally`` and ``with`` on the way
        children.append(child)
cpt_rag.ingest(sys.argv[1], collection="docs", store=sys.argv[2], progress=fork_once)
print(os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_forked_in_mid_ingestion_leaves_it_alone(tree: Path, place: Path) -> None:
    """What the child inherits is closed by it, or by its end, without a trace."""
    done = subprocess.run(
        [sys.executable, "-c", FORKING, str(tree), str(place / "store")],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.split() == ["3"], done.stderr
    assert converges(tree, place / "store", place / "fresh")
