"""A client, and collections in it that no cpt-rag wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from qdrant_client import QdrantClient, models

import cpt_rag
from cpt_rag.qdrant import ServerStore

NAME = "theirs"
Write = Callable[..., None]


@pytest.fixture
def client() -> Iterator[QdrantClient]:
    made = QdrantClient(":memory:")
    yield made
    made.close()


@pytest.fixture
def server(client: QdrantClient) -> ServerStore:
    return ServerStore(client)


@pytest.fixture
def write(client: QdrantClient, encoder: cpt_rag.Encoder) -> Write:
    """Write payloads into ``theirs``, with cpt-rag's vectors of ``texts`` or with those given."""

    def written(
        payloads: Sequence[Mapping[str, Any]],
        texts: Sequence[str] = (),
        vectors: Sequence[Sequence[float]] = (),
        ids: Sequence[int | str] = (),
        distance: models.Distance = models.Distance.COSINE,
    ) -> None:
        rows = list(vectors) or encoder.encode_document(texts).tolist()
        size = models.VectorParams(size=len(rows[0]), distance=distance)
        client.create_collection(NAME, vectors_config=size)
        numbers = list(ids) or range(1, len(rows) + 1)
        client.upsert(
            NAME,
            [
                models.PointStruct(id=number, vector=row, payload=dict(payload))
                for number, row, payload in zip(numbers, rows, payloads, strict=True)
            ],
        )

    return written
