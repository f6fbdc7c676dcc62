"""A foreign collection is ranked as the same points are in one of cpt-rag's own."""

from __future__ import annotations

import uuid

import numpy as np
import pytest
from qdrant_client import QdrantClient, models

import cpt_rag
from cpt_rag.qdrant import Engine, Factor, Fusion, ServerStore, Where
from cpt_rag.text.bm25 import query_vector

TOPICS = ("cart", "mail", "stock", "login", "order")
# Each of another length, so that no two tie: engines put ties in any order.
TEXTS = [
    f"The {topic} {verb} {thing}, {'over and ' * place}over again."
    for place, (topic, verb, thing) in enumerate(
        (topic, verb, thing)
        for topic in TOPICS
        for verb in ("sends", "counts", "stores")
        for thing in ("items", "items and prices", "user names")
    )
]
METADATAS = [{"language": "text" if "cart" in text else "go", "path": text[4:8]} for text in TEXTS]
IDS = [str(uuid.UUID(int=place + 1)) for place in range(len(TEXTS))]
QUERY = "count the items of the cart"


@pytest.fixture
def engines(client: QdrantClient, encoder: cpt_rag.Encoder) -> tuple[Engine, Engine]:
    """The same texts, vectors and ids: cpt-rag's own, and a bare client's."""
    store = ServerStore(client)
    own = cpt_rag.open_collection("own", store, encoder=encoder, create=True)
    cpt_rag.Documents(own).add(TEXTS, METADATAS, IDS)
    size = models.VectorParams(size=encoder.dimension, distance=models.Distance.COSINE)
    client.create_collection("theirs", vectors_config=size)
    rows = zip(IDS, TEXTS, METADATAS, encoder.encode_document(TEXTS).tolist(), strict=True)
    client.upsert(
        "theirs",
        [
            models.PointStruct(id=i, vector=row, payload={"page_content": t, "metadata": m})
            for i, t, m, row in rows
        ],
    )
    return own.engine, cpt_rag.open_collection("theirs", store, encoder=encoder).engine


FUSIONS = {
    "rrf": Fusion(),
    "weighted": Fusion(weights=(1.0, 0.4)),
    "dbsf": Fusion("dbsf"),
    "factors": Fusion("dbsf", factors=(Factor("metadata.language", ["text"], 0.5),)),
    "wanted": Fusion("dbsf", wanted=Where({"metadata.path": ["mail", "stoc"]})),
}


@pytest.mark.parametrize("where", [None, Where({"metadata.language": ["go"]})], ids=["all", "some"])
@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("arm", ["dense", "sparse", "both"])
def test_scores_are_those_of_an_own_collection(
    engines: tuple[Engine, Engine],
    encoder: cpt_rag.Encoder,
    arm: str,
    fusion: str,
    where: Where | None,
) -> None:
    dense = None if arm == "sparse" else encoder.encode_query([QUERY])[0]
    sparse = None if arm == "dense" else query_vector(QUERY)
    own, theirs = (
        engine.query(
            dense=dense, sparse=sparse, limit=20, prefetch=30, where=where, fusion=FUSIONS[fusion]
        )
        for engine in engines
    )
    np.testing.assert_allclose([p.score for p in own], [p.score for p in theirs], rtol=1e-4)
    assert [p.id for p in own] == [p.id for p in theirs]


def test_points_are_walked_counted_and_brought_in_one_shape(
    engines: tuple[Engine, Engine],
) -> None:
    own, theirs = engines
    some = Where({"metadata.language": ["text"]})
    assert theirs.count() == own.count() == len(TEXTS)
    assert theirs.count(some) == own.count(some) == 9
    assert [p.id for p in theirs.scroll(some)] == [p.id for p in own.scroll(some)]
    (found,) = theirs.retrieve([IDS[3], "no id", str(uuid.uuid4())], with_vectors=True)
    assert found.payload == {"page_content": TEXTS[3], "metadata": METADATAS[3]}
    assert found.dense is not None
    assert found.dense.dtype == np.float32
    assert theirs.values("metadata.language") == ("go", "text")


def test_what_no_point_has_matches_nothing(engines: tuple[Engine, Engine]) -> None:
    _, theirs = engines
    assert theirs.count(Where({"metadata.root": ["x"]})) == 0
    assert list(theirs.scroll(Where({"_cpt.kind": ["file"]}))) == []
    assert theirs.values("metadata.root") == ()
