"""One client that writers and readers share."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
from qdrant_client import QdrantClient


@pytest.fixture
def client() -> Iterator[QdrantClient]:
    made = QdrantClient(":memory:")
    with warnings.catch_warnings():
        # Local mode has no payload indexes, and tells every program that makes one.
        warnings.filterwarnings("ignore", message="Payload indexes have no effect")
        yield made
    made.close()
