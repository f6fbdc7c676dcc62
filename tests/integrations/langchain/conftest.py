"""What the LangChain tests share: a filled collection, and an embedding that waits for the loop."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from langchain_core.embeddings import Embeddings
from qdrant_client import QdrantClient

import cpt_rag
from cpt_rag.qdrant import ServerStore, Store, open_store

T = TypeVar("T")

PROJECT = {
    "README.md": "# Shop\n\nCards are charged once an order is packed.\n",
    "shop/cart.py": (
        "class Cart:\n"
        '    """Items a customer has chosen."""\n\n'
        "    def add_item(self, item, quantity=1):\n"
        '        """Put an item into the cart."""\n'
        "        self.items.append((item, quantity))\n\n"
        "    def total_price(self):\n"
        '        """Sum of all prices."""\n'
        "        return sum(item.price * quantity for item, quantity in self.items)\n"
    ),
    "shop/mail.go": (
        "package shop\n\n"
        "// SendReceipt mails the receipt to the customer.\n"
        "func SendReceipt(address string) error {\n"
        "\treturn smtpSend(address, receiptTemplate)\n"
        "}\n"
    ),
}


class Gate:
    """Passed only while the event loop goes on."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._open = threading.Event()
        self._open.set()

    def pass_through(self) -> None:
        self._reached.set()
        assert self._open.wait(20), "the event loop stood still"

    async def watch(self, call: Callable[[], Awaitable[T]]) -> T:
        """The result of ``call``, let through from the event loop once it waits at the gate."""
        self._open.clear()
        self._reached.clear()
        running = asyncio.ensure_future(call())
        while not self._reached.is_set() and not running.done():
            await asyncio.sleep(0)
        assert self._reached.is_set()
        self._open.set()
        return await running


class WaitingEmbeddings(Embeddings):
    """A slow service: three numbers of each text, behind a gate."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self._gate.pass_through()
        return [[1.0, len(text) / 100, text.count("e") / 10] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def waiting(gate: Gate) -> WaitingEmbeddings:
    return WaitingEmbeddings(gate)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a store, in memory where there is such a place: the engine syncs every write."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        yield Path(made) / "store"


@pytest.fixture(params=["edge", "client"])
def store(request: pytest.FixtureRequest, folder: Path) -> Store:
    """An empty store on each engine."""
    return open_store(folder) if request.param == "edge" else ServerStore(QdrantClient(":memory:"))


@pytest.fixture(scope="session", params=["edge", "client"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store whose collection ``shop`` holds a small project, for reading only."""
    folder = tmp_path_factory.mktemp("langchain")
    for name, text in PROJECT.items():
        path = folder / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    edge = request.param == "edge"
    store = open_store(folder / "store") if edge else ServerStore(QdrantClient(":memory:"))
    cpt_rag.ingest(folder / "shop", collection="shop", store=store)
    return store
