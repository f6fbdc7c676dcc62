"""One holder for each collection."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cpt_rag.errors import StoreError, StoreLockedError
from cpt_rag.qdrant import CollectionSpec, Identity, Store, open_store
from cpt_rag.qdrant.lock import CollectionLock
from cpt_rag.types import Point

Run = Callable[..., "subprocess.CompletedProcess[str]"]

HOLD = """
import sys
from cpt_rag.qdrant import open_store
engine, _ = open_store(sys.argv[1]).open("docs")
print(engine.count(), flush=True)
sys.stdin.readline()
"""

TRY = """
import sys
from cpt_rag.errors import StoreLockedError
from cpt_rag.qdrant import open_store
store = open_store(sys.argv[1])
for action in (lambda name: store.open(name)[0].close(), store.delete):
    try:
        action("docs")
    except StoreLockedError as error:
        print(error)
"""


FORK = """
import os, sys, time
from pathlib import Path
from cpt_rag.qdrant.lock import CollectionLock
lock = CollectionLock(Path(sys.argv[1]), "docs")
if os.fork() == 0:
    print("child lives", flush=True)
    sys.stdin.read()
    print("child ends", flush=True)
    os._exit(0)
time.sleep(60)
"""


@pytest.fixture
def holder(
    folder: Path, folder_store: Store, spec: CollectionSpec, identity: Identity
) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the collection open until it is killed or told to go on."""
    folder_store.create("docs", spec, identity).close()
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "0\n"
    yield process
    process.kill()
    process.communicate()


def test_one_process_shares_a_collection_until_its_last_handle_closes(
    folder: Path, folder_store: Store, spec: CollectionSpec, identity: Identity, run_python: Run
) -> None:
    made = folder_store.create("docs", spec, identity)
    opened, found = open_store(folder).open("docs")
    assert found == identity
    made.upsert([Point(str(uuid.UUID(int=1)), {"a": "b"})])
    assert opened.count() == 1
    made.close()
    with pytest.raises(StoreError, match="is closed"):
        made.count()
    assert opened.count() == 1
    assert "held by another process" in run_python(TRY, str(folder)).stdout
    opened.close()
    assert run_python(TRY, str(folder)).stdout == ""


def test_a_collection_that_this_process_has_open_is_not_removed(
    folder_store: Store, spec: CollectionSpec, identity: Identity
) -> None:
    with (
        folder_store.create("docs", spec, identity) as made,
        pytest.raises(StoreLockedError, match=rf"this very process \(process id {os.getpid()}"),
    ):
        folder_store.delete("docs")
    assert made.name == "docs"


def test_another_process_is_refused_by_name(
    folder: Path, folder_store: Store, spec: CollectionSpec, identity: Identity, run_python: Run
) -> None:
    with folder_store.create("docs", spec, identity):
        tried = run_python(TRY, str(folder))
    assert tried.returncode == 0, tried.stderr
    assert tried.stdout.count(f"held by another process (process id {os.getpid()})") == 2
    assert tried.stdout.count("Remedy: close it there") == 2


def test_a_lock_ends_with_its_process(folder_store: Store, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(StoreLockedError, match=f"process id {holder.pid}"):
        folder_store.open("docs")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    folder_store.open("docs")[0].close()


def test_a_lock_without_its_signature_still_holds(
    folder: Path, folder_store: Store, spec: CollectionSpec, identity: Identity
) -> None:
    with folder_store.create("docs", spec, identity):
        (folder / ".shards" / "docs.lock.pid").unlink()
        with pytest.raises(StoreLockedError, match="held by another process"):
            folder_store.delete("docs")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_keeps_no_lock(folder: Path) -> None:
    """A child that outlives its parent would else hold the inherited lock."""
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", FORK, str(folder / "docs.lock")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdin is not None
        assert parent.stdout.readline() == "child lives\n"
        with pytest.raises(StoreLockedError, match=f"process id {parent.pid}"):
            CollectionLock(folder / "docs.lock", "docs")
        parent.kill()
        parent.wait()
        CollectionLock(folder / "docs.lock", "docs").release()
        parent.stdin.close()
        assert parent.stdout.read() == "child ends\n"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_store_that_may_not_be_written(
    folder: Path, folder_store: Store, spec: CollectionSpec, identity: Identity
) -> None:
    folder_store.create("docs", spec, identity).close()
    (folder / ".shards" / "docs.lock").chmod(0o400)
    with pytest.raises(StoreError, match="cannot be locked"):
        folder_store.open("docs")


def test_a_holder_that_is_done_in_a_moment_is_waited_for(
    folder: Path, spec: CollectionSpec, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cpt_rag.qdrant.lock.PATIENCE", 60.0)
    open_store(folder).create("docs", spec, identity).close()
    holder = CollectionLock(folder / ".shards" / "docs.lock", "docs")
    threading.Timer(0.2, holder.release).start()
    engine, _ = open_store(folder).open("docs")
    engine.close()
