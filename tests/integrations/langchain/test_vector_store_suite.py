"""``CptVectorStore`` passes LangChain's own suite, sync and async, on each engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.vectorstores import VectorStore
from langchain_tests.integration_tests import VectorStoreIntegrationTests
from qdrant_client import QdrantClient

from cpt_rag.qdrant import ServerStore
from langchain_cpt import CptVectorStore


class TestEmbeddedEngine(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, folder: Path) -> Iterator[VectorStore]:
        with CptVectorStore("docs", folder, self.get_embeddings()) as store:
            yield store


class TestThroughTheClient(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self) -> Iterator[VectorStore]:
        server = ServerStore(QdrantClient(":memory:"))
        with CptVectorStore("docs", server, self.get_embeddings()) as store:
            yield store
