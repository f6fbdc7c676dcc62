"""What many tests need: an encoder, a small project, and a store of each kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

import cpt_rag
from cpt_rag.qdrant import Store, open_store

# A busy machine is no failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

FILES = {
    "README.md": "# Shop\n\n## Payments\n\nCards are charged once an order is packed.\n",
    "shop/cart.py": (
        '"""The shopping cart."""\n\n\n'
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


@pytest.fixture(scope="session")
def encoder() -> cpt_rag.Encoder:
    return cpt_rag.load_encoder("cpt-static")


def _write_shop(root: Path) -> Path:
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder ``shop`` with three small files."""
    return _write_shop(tmp_path / "shop")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, for tests that only read it."""
    return _write_shop(tmp_path_factory.mktemp("only-read") / "shop")


def _client_store(folder: Path) -> Store:
    from qdrant_client import QdrantClient

    from cpt_rag.qdrant import ServerStore

    return ServerStore(QdrantClient(":memory:"))


STORES: dict[str, Callable[[Path], Store]] = {"edge": open_store, "client": _client_store}


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store, embedded and through the client in turn."""
    return STORES[request.param](tmp_path / "store")
