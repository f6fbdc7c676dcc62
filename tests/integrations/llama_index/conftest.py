"""A collection that holds the small project, and an encoder that waits for the event loop."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from qdrant_client import QdrantClient

import cpt_rag
from cpt_rag.encoders.presets import PRESETS
from cpt_rag.encoders.static import StaticEncoder
from cpt_rag.qdrant import ServerStore, open_store

if TYPE_CHECKING:
    from cpt_rag.types import Float32Array

SHIPPED = PRESETS["cpt-static"].directory
PATIENCE = 30  # seconds until an event loop that stands still fails its test


class HeldEncoder(StaticEncoder):
    """Works only once ``released`` is set, which the event loop does after ``asked``."""

    def __init__(self) -> None:
        super().__init__(SHIPPED)
        self.asked, self.released = threading.Event(), threading.Event()

    def wait(self) -> None:
        self.asked.set()
        assert self.released.wait(PATIENCE), "the event loop stood still"

    def count_tokens(self, text: str) -> int:
        self.wait()
        return super().count_tokens(text)

    def encode_query(self, texts: Sequence[str]) -> Float32Array:
        self.wait()
        return super().encode_query(texts)

    def encode_document(self, texts: Sequence[str]) -> Float32Array:
        self.wait()
        return super().encode_document(texts)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> HeldEncoder:
    """What ``load_encoder`` gives from now on."""
    encoder = HeldEncoder()
    monkeypatch.setattr(cpt_rag, "load_encoder", lambda name: encoder)
    return encoder


@pytest.fixture
def asking(tmp_path: Path) -> Path:
    """A model with a prompt before its queries."""
    directory = tmp_path / "asking"
    shutil.copytree(SHIPPED, directory)
    config = directory / "config_sentence_transformers.json"
    settings = json.loads(config.read_text(encoding="utf-8"))
    settings["prompts"] = {"query": "question: ", "document": ""}
    config.write_text(json.dumps(settings), encoding="utf-8")
    return directory


@pytest.fixture(scope="module")
def folder(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which ``docs`` holds the project; to be read only."""
    folder = tmp_path_factory.mktemp("folder")
    cpt_rag.ingest(shop, collection="docs", store=folder)
    return folder


@pytest.fixture(scope="module", params=["edge", "client"])
def docs(request: pytest.FixtureRequest, shop: Path, folder: Path) -> Iterator[cpt_rag.Collection]:
    """The project in a collection, embedded and through the client in turn; to be read only."""
    store = open_store(folder)
    if request.param == "client":
        store = ServerStore(QdrantClient(":memory:"))
        cpt_rag.ingest(shop, collection="docs", store=store)
    with cpt_rag.open_collection("docs", store) as opened:
        yield opened
