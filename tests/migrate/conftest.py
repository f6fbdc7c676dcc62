"""Encoders to migrate between, and a project that has enough to ask."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from qdrant_client import QdrantClient
from safetensors.numpy import load_file, save_file

import cpt_rag
from cpt_rag.encoders.presets import MODELS
from cpt_rag.integrity import export
from cpt_rag.qdrant import ServerStore, Store, open_store
from cpt_rag.types import Fingerprint

if TYPE_CHECKING:
    from cpt_rag.types import Float32Array

MEMORY = Path("/dev/shm")
TOPICS = "apple bridge candle desert engine falcon garden harbour island jacket kettle lantern"
CODE = '''\
def weigh_{0}(size):
    """Tell how heavy one {0} is."""
    first = size * 2
    return {0}_scale(first, size)
'''
PAGE = """\
# Looking after the {0}

Every {0} is cleaned once a week with a soft cloth, and kept in a dry place afterwards.
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a store, in memory where there is such a place: the engine syncs every write."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as made:
        yield Path(made) / "store"


@pytest.fixture(params=["folder", "client"])
def store(request: pytest.FixtureRequest, folder: Path) -> Store:
    """An empty store, embedded and through the client in turn."""
    return (
        open_store(folder) if request.param == "folder" else ServerStore(QdrantClient(":memory:"))
    )


@pytest.fixture
def local() -> Store:
    """An empty store through the client."""
    return ServerStore(QdrantClient(":memory:"))


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    """A folder with a dozen functions and as many pages."""
    folder = tmp_path / "garden"
    (folder / "docs").mkdir(parents=True)
    for topic in TOPICS.split():
        (folder / f"{topic}.py").write_text(CODE.format(topic), encoding="utf-8")
        (folder / "docs" / f"{topic}.md").write_text(PAGE.format(topic), encoding="utf-8")
    return folder


def _changed(folder: Path, change: Callable[[np.ndarray], np.ndarray]) -> Path:
    """The shipped model with another table."""
    model = MODELS / "cpt-static"
    shutil.copytree(model, folder, ignore=shutil.ignore_patterns("model.safetensors"))
    table = load_file(model / "model.safetensors")
    rows = np.ascontiguousarray(change(table["embeddings"]))
    save_file({**table, "embeddings": rows}, folder / "model.safetensors")
    return folder


@pytest.fixture(scope="session")
def shorter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of fewer dimensions."""
    return _changed(tmp_path_factory.mktemp("models") / "shorter", lambda rows: rows[:, :96])


@dataclass(frozen=True)
class Contrary:
    """An encoder for which the answer is what is farthest from the question."""

    inner: cpt_rag.Encoder

    @property
    def fingerprint(self) -> Fingerprint:
        return replace(self.inner.fingerprint, name="contrary", weights="0" * 64)

    @property
    def dimension(self) -> int:
        return self.inner.dimension

    @property
    def max_tokens(self) -> int | None:
        return self.inner.max_tokens

    def count_tokens(self, text: str) -> int:
        return self.inner.count_tokens(text)

    def encode_query(self, texts: Sequence[str]) -> Float32Array:
        return -self.inner.encode_query(texts)

    def encode_document(self, texts: Sequence[str]) -> Float32Array:
        return self.inner.encode_document(texts)


@pytest.fixture(scope="session")
def contrary(encoder: cpt_rag.Encoder) -> Contrary:
    return Contrary(encoder)


Points = list[dict[str, object]]


def held(store: str | Path | Store, name: str = "docs") -> Points:
    """Every point of what is served."""
    place = store if isinstance(store, Store) else open_store(store)
    engine, _ = place.open(name)
    with engine:
        return list(export(engine))


def encoder_of(store: str | Path | Store, name: str = "docs") -> str:
    """Whose vectors are served."""
    with cpt_rag.open_collection(name, store) as opened:
        return opened.encoder.fingerprint.name
