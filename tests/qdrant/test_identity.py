"""What made a collection, and the refusal of anything else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from qdrant_client import QdrantClient, models

from cpt_rag.errors import (
    CollectionError,
    CollectionNotFoundError,
    IdentityMismatchError,
    InvalidInputError,
    StoreCorruptError,
)
from cpt_rag.qdrant import (
    CollectionSpec,
    Identity,
    ServerStore,
    Store,
    Where,
    check_identity,
)
from cpt_rag.qdrant.identity import IDENTITY_ID
from cpt_rag.types import Point


def test_the_payload_is_json_and_comes_back(identity: Identity) -> None:
    payload = json.loads(json.dumps(identity.to_payload()))
    assert Identity.from_payload(payload) == identity
    assert Identity.from_payload({**payload, "later": 1}) == identity


@pytest.mark.parametrize("payload", [None, {}, {"encoder": {}}, {"encoder": 3}])
def test_a_broken_payload_is_corruption(payload: object) -> None:
    with pytest.raises(StoreCorruptError, match="identity has"):
        Identity.from_payload(payload)


@pytest.mark.parametrize("payload", [None, {"dimension": True, "document_key": False}, {}])
def test_a_broken_spec_is_corruption(payload: object) -> None:
    with pytest.raises(StoreCorruptError, match="spec reads"):
        CollectionSpec.from_payload(payload)


@pytest.mark.parametrize("field", ["weights", "tokenizer", "pooling"])
def test_an_encoder_mismatch_names_field_and_command(identity: Identity, field: str) -> None:
    changes: dict[str, Any] = {field: "other", "name": "new"}
    other = replace(identity, encoder=replace(identity.encoder, **changes))
    with pytest.raises(IdentityMismatchError) as caught:
        check_identity(identity, other, "docs")
    assert f"encoder.{field} = " in caught.value.found
    assert caught.value.expected == f"encoder.{field} = 'other'"
    assert "--encoder tiny" in caught.value.remedy
    assert "cpt-rag migrate --collection docs --encoder new" in caught.value.remedy


def test_to_an_encoder_that_changed_under_its_name_a_collection_is_migrated(
    identity: Identity,
) -> None:
    other = replace(identity, encoder=replace(identity.encoder, weights="other"))
    with pytest.raises(IdentityMismatchError) as caught:
        check_identity(identity, other, "docs")
    assert "has changed since" in caught.value.remedy
    assert caught.value.remedy.endswith("cpt-rag migrate --collection docs --encoder tiny")


def test_dimension_and_prompts_count(identity: Identity) -> None:
    encoder = identity.encoder
    for changed in (replace(encoder, dimension=9), replace(encoder, prompts={"query": "x"})):
        with pytest.raises(IdentityMismatchError, match=r"encoder\.(dimension|prompts)"):
            check_identity(identity, replace(identity, encoder=changed), "docs")


@pytest.mark.parametrize(("field", "value"), [("chunker", "x"), ("sparse", "x"), ("schema", 2)])
def test_other_mismatches_name_the_field(identity: Identity, field: str, value: Any) -> None:
    with pytest.raises(IdentityMismatchError, match=f"{field} = ") as caught:
        check_identity(identity, replace(identity, **{field: value}), "docs")
    assert "cpt-rag migrate --collection docs --encoder tiny" in caught.value.remedy


def test_the_first_difference_is_named(identity: Identity) -> None:
    other = replace(identity, encoder=replace(identity.encoder, pooling="cls"), schema=9)
    with pytest.raises(IdentityMismatchError, match=r"encoder\.pooling"):
        check_identity(identity, other, "docs")


def test_a_renamed_encoder_is_no_mismatch(identity: Identity) -> None:
    check_identity(
        identity, replace(identity, encoder=replace(identity.encoder, name="moved")), "docs"
    )


def test_the_identity_is_no_point_of_the_collection(
    store: Store, name: str, spec: CollectionSpec, identity: Identity, chunks: list[Point]
) -> None:
    with store.create(name, spec, identity) as engine:
        engine.upsert(chunks)
        engine.delete(Where({"_cpt.kind": ["identity"]}))
        engine.delete_ids([IDENTITY_ID])
        assert engine.retrieve([IDENTITY_ID]) == []
        assert engine.count() == 60
        assert engine.count(Where({"_cpt.kind": ["identity"]})) == 0
        assert IDENTITY_ID not in {point.id for point in engine.scroll()}
    engine, found = store.open(name)
    with engine:
        assert found == identity


def test_the_names_of_a_store(
    store: Store, name: str, spec: CollectionSpec, identity: Identity
) -> None:
    assert not store.exists(name)
    store.create(name, spec, identity).close()
    assert store.exists(name)
    assert name in store.collections()
    with pytest.raises(CollectionError, match="there is a collection"):
        store.create(name, spec, identity)
    with pytest.raises(CollectionNotFoundError, match=name):
        store.open("absent")
    store.delete(name)
    assert name not in store.collections()
    with pytest.raises(CollectionNotFoundError):
        store.delete(name)
    store.create(name, spec, identity).close()


@pytest.mark.parametrize("bad", ["", ".", "..", ".hidden", "a/b", "a\\b", "a b", "é", "x" * 129])
def test_names_that_no_collection_has(
    store: Store, bad: str, spec: CollectionSpec, identity: Identity
) -> None:
    for action in (
        lambda: store.create(bad, spec, identity),
        lambda: store.open(bad),
        lambda: store.delete(bad),
        lambda: store.exists(bad),
    ):
        with pytest.raises(InvalidInputError, match="a collection named"):
            action()


def test_spec_and_encoder_have_one_dimension(store: Store, name: str, identity: Identity) -> None:
    with pytest.raises(InvalidInputError, match="dimension 9"):
        store.create(name, CollectionSpec(9), identity)
    assert not store.exists(name)


def test_a_collection_of_another_program_is_refused() -> None:
    client = QdrantClient(":memory:")
    vectors = models.VectorParams(size=4, distance=models.Distance.DOT)
    client.create_collection("theirs", vectors_config=vectors)
    client.create_collection("tagged", vectors_config=vectors, metadata={"owner": "someone"})
    for name in ("theirs", "tagged"):
        with pytest.raises(IdentityMismatchError, match="not written by cpt-rag"):
            ServerStore(client).delete(name)
        with pytest.raises(IdentityMismatchError, match="not written by cpt-rag"):
            ServerStore(client).open(name)
    client.close()
