"""How a collection is kept: settings that are checked, remembered, and handed to each engine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import QdrantClient

from cpt_rag.errors import InvalidInputError, StoreCorruptError
from cpt_rag.qdrant import (
    PRESETS,
    CollectionSpec,
    Deployment,
    Hnsw,
    Identity,
    OnDisk,
    Quantisation,
    Store,
    Where,
    open_store,
    preset_spec,
)
from cpt_rag.types import Point

from .stub import Rest, Stub

DENSE = np.arange(1, 9, dtype=np.float32)
PATH = "/collections/docs--1"
LARGE = CollectionSpec(
    8,
    hnsw=Hnsw(m=24, ef_construct=64, search_ef=200),
    quantisation=Quantisation("scalar", always_ram=False, oversampling=3.0),
    on_disk=OnDisk(vectors=True, indexes=True, payload=False),
    deployment=Deployment(shards=6, replicas=3, write_consistency=2),
)
SPECS = {
    "usual": CollectionSpec(8),
    "large": LARGE,
    "binary": replace(LARGE, quantisation=Quantisation("binary")),
    **{name: spec(8) for name, spec in PRESETS.items()},
}


@pytest.fixture
def stub() -> Iterator[Stub]:
    made = Stub(Rest())
    yield made
    made.close()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Hnsw(m=0),
        lambda: Hnsw(ef_construct=8),
        lambda: Hnsw(m=1, ef_construct=3),
        lambda: Hnsw(search_ef=0),
        lambda: Hnsw(m=True),
        lambda: Quantisation("product"),  # type: ignore[arg-type]
        lambda: Quantisation(oversampling=0.5),
        lambda: Quantisation(oversampling=float("nan")),
        lambda: Quantisation(always_ram=1),  # type: ignore[arg-type]
        lambda: OnDisk(vectors="yes"),  # type: ignore[arg-type]
        lambda: Deployment(shards=0),
        lambda: Deployment(replicas=2, write_consistency=3),
        lambda: preset_spec("10m", 8),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(wrong: Callable[[], object]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        wrong()
    assert caught.value.expected


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_every_engine_remembers_it(
    spec: CollectionSpec, store: Store, name: str, identity: Identity, chunks: list[Point]
) -> None:
    with store.create(name, spec, identity) as engine:
        engine.upsert(chunks)
        engine.optimise()
    engine, _ = store.open(name)
    with engine:
        assert engine.spec == spec
        assert len(engine.query(dense=DENSE, limit=60)) == 60


def test_it_reads_back_from_json() -> None:
    for spec in SPECS.values():
        assert CollectionSpec.from_payload(json.loads(json.dumps(spec.to_payload()))) == spec


def test_a_spec_from_before_there_were_settings_has_the_usual_ones() -> None:
    old = {"dimension": 8, "document_key": True}
    assert CollectionSpec.from_payload(old) == CollectionSpec(8, document_key=True)


def test_settings_of_a_later_version_are_passed_over() -> None:
    payload = LARGE.to_payload()
    payload["hnsw"]["colour"] = "green"
    assert CollectionSpec.from_payload(payload) == LARGE


@pytest.mark.parametrize("broken", [{"m": 0}, {"m": "16"}, 16, []])
def test_a_damaged_setting_is_refused(broken: object) -> None:
    with pytest.raises(StoreCorruptError, match="spec reads"):
        CollectionSpec.from_payload({**LARGE.to_payload(), "hnsw": broken})


def test_a_server_is_told_all_of_it(stub: Stub, identity: Identity) -> None:
    with open_store(stub.url) as store:
        store.create("docs", LARGE, identity)
    told = next(r.json() for r in stub.requests if (r.method, r.path) == ("PUT", PATH))
    assert (told["shard_number"], told["replication_factor"]) == (6, 3)
    assert told["write_consistency_factor"] == 2
    assert told["on_disk_payload"] is False
    assert told["vectors"]["dense"]["on_disk"] is True
    assert told["sparse_vectors"]["bm25"]["index"]["on_disk"] is True
    assert (told["hnsw_config"]["m"], told["hnsw_config"]["ef_construct"]) == (24, 64)
    scalar = {"type": "int8", "quantile": 0.99, "always_ram": False}
    assert told["quantization_config"]["scalar"] == scalar
    indexes = [r.json() for r in stub.requests if r.path.startswith(f"{PATH}/index")]
    assert [index["field_name"] for index in indexes] == [*CollectionSpec.keyword_fields]
    assert {index["field_schema"]["on_disk"] for index in indexes} == {True}


def test_a_server_is_asked_as_hard_as_it_says(stub: Stub, identity: Identity) -> None:
    where = Where({"metadata.language": ["go"]})
    with open_store(stub.url) as store, store.create("docs", LARGE, identity) as engine:
        engine.query(dense=DENSE)
        engine.query(dense=DENSE, where=where)
    # A request may have been made twice: whether it was is not what is asked here.
    asked = dict.fromkeys(r.body for r in stub.requests if r.path.endswith("/query"))
    plain, filtered = (json.loads(body)["params"] for body in asked)
    assert plain["quantization"] == {"rescore": True, "oversampling": 3.0}
    assert (plain["hnsw_ef"], filtered["hnsw_ef"]) == (200, 512)
    assert filtered["quantization"] == plain["quantization"]
    assert filtered["acorn"]["enable"] is True


def test_the_embedded_engine_keeps_all_but_the_cluster(folder: Path, identity: Identity) -> None:
    open_store(folder).create("docs", LARGE, identity).close()
    (file,) = (folder / ".shards").glob("docs-*/edge_config.json")
    kept = json.loads(file.read_text())
    assert (kept["hnsw_config"]["m"], kept["hnsw_config"]["ef_construct"]) == (24, 64)
    assert kept["quantization_config"]["scalar"]["memory"] == "cold"
    assert kept["vectors"]["dense"]["memory"] == "cold"
    assert kept["sparse_vectors"]["bm25"]["memory"] == "cold"
    assert kept["payload_memory"] == "cached"


@pytest.mark.parametrize("kind", ["scalar", "binary"])
def test_the_best_of_a_quantised_copy_are_scored_with_the_vectors_themselves(
    kind: str, folder: Path, identity: Identity, make_id: Callable[[int], str]
) -> None:
    """By the copy alone, scores would be off in the third digit and hits be others."""
    random = np.random.default_rng(3)
    vectors = random.normal(size=(2_700, 1024)).astype(np.float32)  # enough for a graph
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    spec = CollectionSpec(
        1024,
        hnsw=Hnsw(m=4, ef_construct=16, search_ef=2_700),
        quantisation=Quantisation(kind, oversampling=100.0),  # type: ignore[arg-type]
    )
    encoder = replace(identity.encoder, dimension=1024)
    with open_store(folder).create("docs", spec, replace(identity, encoder=encoder)) as engine:
        engine.upsert([Point(make_id(n), {"n": n}, dense=v) for n, v in enumerate(vectors)])
        engine.optimise()
        assert list(folder.rglob("quantized.data"))
        found = engine.query(dense=vectors[5], limit=5)
    exact = vectors @ vectors[5]
    assert found[0].payload == {"n": 5}
    np.testing.assert_allclose(
        [hit.score for hit in found], [exact[hit.payload["n"]] for hit in found], atol=1e-5
    )


@pytest.mark.skipif(not os.environ.get("QDRANT_URL"), reason="QDRANT_URL names no server")
def test_a_real_server_has_what_it_was_told(
    server_store: Store, name: str, identity: Identity
) -> None:
    """Shards, disk and quantisation are a server's own; replicas need a cluster to be made."""
    spec = replace(LARGE, deployment=Deployment(shards=2))
    server_store.create(name, spec, identity).close()
    client = QdrantClient(url=os.environ["QDRANT_URL"])
    config = client.get_collection(name).config
    client.close()
    assert config.params.shard_number == 2
    assert config.params.on_disk_payload is False
    assert config.hnsw_config.m == 24
    assert config.quantization_config is not None
