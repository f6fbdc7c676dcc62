"""Stores and points for the engine tests; every engine test runs on each engine there is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import QdrantClient

from cpt_rag.qdrant import CollectionSpec, Engine, Identity, ServerStore, Store, open_store, remote
from cpt_rag.types import Fingerprint, Point, SparseVector

DIMENSION = 8
SELF_SIGNED = [
    *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
    *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
]


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that is held is held: the tests do not wait for it."""
    monkeypatch.setattr("cpt_rag.qdrant.lock.PATIENCE", 0.0)


@pytest.fixture
def spec() -> CollectionSpec:
    return CollectionSpec(DIMENSION)


@pytest.fixture
def identity() -> Identity:
    encoder = Fingerprint("tiny", "a" * 64, "b" * 64, DIMENSION, "mean", {"query": "q: "})
    return Identity(encoder, chunker="lines-1", sparse="bm25 k1=1.2 b=0.75", schema=1)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a store, in memory where there is such a place: the engine syncs every write."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        yield Path(made) / "store"


@pytest.fixture
def folder_store(folder: Path) -> Store:
    return open_store(folder)


@pytest.fixture
def local_store() -> Iterator[Store]:
    client = QdrantClient(":memory:")
    yield ServerStore(client)
    client.close()


@pytest.fixture
def server_store() -> Iterator[Store]:
    url = os.environ.get("QDRANT_URL")
    if not url:
        pytest.skip("QDRANT_URL names no server")
    with open_store(url) as store:
        before = set(store.collections())
        yield store
        for name in store.collections():
            if name not in before and name.startswith("cpt-test-"):
                store.delete(name)


@pytest.fixture(params=["folder", "local", "server"])
def store(request: pytest.FixtureRequest) -> Store:
    made: Store = request.getfixturevalue(f"{request.param}_store")
    return made


@pytest.fixture
def name() -> str:
    return f"cpt-test-{uuid.uuid4().hex}"


@pytest.fixture
def engine(store: Store, name: str, spec: CollectionSpec, identity: Identity) -> Iterator[Engine]:
    with store.create(name, spec, identity) as made:
        yield made


def point_id(number: int) -> str:
    return str(uuid.UUID(int=number + 1))


@pytest.fixture
def make_id() -> Callable[[int], str]:
    return point_id


@pytest.fixture
def chunks() -> list[Point]:
    """60 points of two languages; no two tie in either vector."""
    random = np.random.default_rng(7)
    points = []
    for number in range(60):
        terms = sorted({0, *random.integers(1, 20, 5).tolist()})
        points.append(
            Point(
                id=point_id(number),
                payload={
                    "page_content": f"text {number}",
                    "metadata": {
                        "path": f"src/{number % 6}.py",
                        "language": "go" if number % 3 == 0 else "python",
                    },
                    "number": number,
                },
                dense=random.normal(size=DIMENSION).astype(np.float32),
                sparse=SparseVector(terms, random.random(len(terms)).tolist()),
            )
        )
    return points


@pytest.fixture
def records() -> list[Point]:
    return [
        Point(point_id(1000 + number), {"_cpt": {"kind": "file", "root": "r", "n": number}})
        for number in range(5)
    ]


@pytest.fixture
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a script in a process of its own, with this process's import path."""

    def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    """The engines' own warnings never reach a user."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        yield


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of the machine's, and no long pauses between attempts."""
    monkeypatch.setattr(remote, "BACKOFF_SECONDS", 0.001)
    for name in ("QDRANT_API_KEY", "QDRANT_API_KEY_FILE", "QDRANT_TIMEOUT", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file with a key and the certificate for localhost that it signed itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    subprocess.run(
        [openssl, *SELF_SIGNED, "-keyout", str(file), "-out", f"{file}.crt"],
        check=True,
        capture_output=True,
    )
    file.write_bytes(file.read_bytes() + Path(f"{file}.crt").read_bytes())
    return str(file)
