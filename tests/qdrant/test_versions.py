"""Versions of one collection: made beside each other, switched in one step, on each engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from qdrant_client import QdrantClient

from cpt_rag.errors import (
    CollectionError,
    CollectionNotFoundError,
    InvalidInputError,
    StoreLockedError,
    StoreUnreachableError,
)
from cpt_rag.qdrant import CollectionSpec, Identity, ServerStore, Store, open_store, remote
from cpt_rag.qdrant.identity import to_record
from cpt_rag.qdrant.shape import shape
from cpt_rag.qdrant.store import Versions
from cpt_rag.types import Point

from .stub import Rest, Stub


@pytest.fixture
def rest() -> Rest:
    return Rest()


@pytest.fixture
def stub(rest: Rest) -> Iterator[Stub]:
    made = Stub(rest)
    yield made
    made.close()


def made_by(identity: Identity, encoder: str) -> Identity:
    return replace(identity, encoder=replace(identity.encoder, name=encoder))


def served(store: Store, name: str) -> str:
    engine, identity = store.open(name)
    with engine:
        assert [point.payload["by"] for point in engine.scroll()] == [identity.encoder.name]
    return identity.encoder.name


def add(store: Store, name: str, spec: CollectionSpec, identity: Identity, encoder: str) -> None:
    """A collection, or with a view of the next version that, of one point that says who made it."""
    with store.create(name, spec, made_by(identity, encoder)) as engine:
        engine.upsert([Point("00000000-0000-4000-8000-000000000000", {"by": encoder})])


@pytest.fixture
def two(store: Store, name: str, spec: CollectionSpec, identity: Identity) -> Store:
    """A store with a collection of the encoder one, and a version of two beside it."""
    add(store, name, spec, identity, "one")
    add(store.next_version(name), name, spec, identity, "two")
    return store


def test_what_is_in_the_making_is_not_served(two: Store, name: str) -> None:
    assert served(two, name) == "one"
    assert two.versions(name) == Versions(previous=None, next="two")
    assert served(two.next_version(name), name) == "two"


def test_a_switch_keeps_the_old_version(two: Store, name: str) -> None:
    two.switch(name)
    assert served(two, name) == "two"
    assert two.versions(name) == Versions(previous="one", next=None)
    assert not two.next_version(name).exists(name)


def test_a_rollback_is_undone_by_another(two: Store, name: str) -> None:
    two.switch(name)
    two.roll_back(name)
    assert (served(two, name), two.versions(name)) == ("one", Versions("two", None))
    two.roll_back(name)
    assert (served(two, name), two.versions(name)) == ("two", Versions("one", None))


def test_the_next_switch_drops_the_version_before_the_last(
    two: Store, name: str, spec: CollectionSpec, identity: Identity
) -> None:
    two.switch(name)
    add(two.next_version(name), name, spec, identity, "three")
    assert two.versions(name) == Versions(previous="one", next="three")
    two.switch(name)
    assert (served(two, name), two.versions(name)) == ("three", Versions("two", None))


def test_what_supersedes_leaves_the_previous_version(
    two: Store, name: str, spec: CollectionSpec, identity: Identity
) -> None:
    two.switch(name)
    add(two.next_version(name), name, spec, identity, "three")
    two.supersede(name)
    assert (served(two, name), two.versions(name)) == ("three", Versions("one", None))


def test_a_version_in_the_making_is_thrown_away_by_itself(two: Store, name: str) -> None:
    two.next_version(name).delete(name)
    assert (served(two, name), two.versions(name)) == ("one", Versions(None, None))
    with pytest.raises(CollectionError, match="no version in the making"):
        two.switch(name)
    with pytest.raises(CollectionNotFoundError):
        two.next_version(name).open(name)


def test_there_is_one_version_in_the_making(
    two: Store, name: str, spec: CollectionSpec, identity: Identity
) -> None:
    with pytest.raises(CollectionError):
        two.next_version(name).create(name, spec, identity)
    assert served(two.next_version(name), name) == "two"


def test_without_a_previous_version_there_is_no_rollback(two: Store, name: str) -> None:
    with pytest.raises(CollectionError, match="no previous version") as caught:
        two.roll_back(name)
    assert f"cpt-rag migrate --collection {name}" in caught.value.remedy
    assert served(two, name) == "one"


def test_names_are_listed_and_not_versions(two: Store, name: str) -> None:
    assert [one for one in two.collections() if one.startswith(name)] == [name]
    two.switch(name)
    assert [one for one in two.collections() if one.startswith(name)] == [name]


def test_all_versions_are_deleted_together(
    two: Store, name: str, spec: CollectionSpec, identity: Identity
) -> None:
    two.switch(name)
    add(two.next_version(name), name, spec, identity, "three")
    two.delete(name)
    assert not two.exists(name)
    assert not two.next_version(name).exists(name)
    add(two, name, spec, identity, "four")
    assert (served(two, name), two.versions(name)) == ("four", Versions(None, None))


def test_a_missing_collection_has_no_versions(store: Store, name: str) -> None:
    for attempt in (store.versions, store.switch, store.roll_back):
        with pytest.raises(CollectionNotFoundError):
            attempt(name)


@pytest.mark.parametrize("ending", ["1", "27", "next", "previous"])
def test_names_as_of_versions_are_taken(
    ending: str, store: Store, spec: CollectionSpec, identity: Identity
) -> None:
    with pytest.raises(InvalidInputError, match="docs--"):
        store.create(f"docs--{ending}", spec, identity)


@pytest.fixture
def folder_two(folder_store: Store, name: str, spec: CollectionSpec, identity: Identity) -> Store:
    add(folder_store, name, spec, identity, "one")
    add(folder_store.next_version(name), name, spec, identity, "two")
    return folder_store


def test_a_folder_switches_once_nobody_has_it_open(folder_two: Store, name: str) -> None:
    with folder_two.open(name)[0], pytest.raises(StoreLockedError):
        folder_two.switch(name)
    with folder_two.next_version(name).open(name)[0]:
        assert served(folder_two, name) == "one"
        for attempt in (folder_two.switch, folder_two.delete):
            with pytest.raises(StoreLockedError):
                attempt(name)
    folder_two.switch(name)
    assert served(folder_two, name) == "two"


def test_a_folder_keeps_no_shard_that_is_not_named(
    folder: Path, folder_two: Store, name: str, spec: CollectionSpec, identity: Identity
) -> None:
    def shards() -> int:
        return sum(entry.is_dir() for entry in (folder / ".shards").iterdir())

    folder_two.switch(name)
    add(folder_two.next_version(name), name, spec, identity, "three")
    assert shards() == 3
    folder_two.switch(name)
    assert shards() == 2
    folder_two.delete(name)
    assert shards() == 0


def test_what_is_open_on_a_server_stays_with_its_version(
    local_store: Store, name: str, spec: CollectionSpec, identity: Identity
) -> None:
    add(local_store, name, spec, identity, "one")
    engine, _ = local_store.open(name)
    add(local_store.next_version(name), name, spec, identity, "two")
    local_store.switch(name)
    assert [point.payload["by"] for point in engine.scroll()] == ["one"]


@pytest.fixture
def client() -> Iterator[QdrantClient]:
    made = QdrantClient(":memory:")
    yield made
    made.close()


def test_a_bare_client_finds_what_is_served_under_its_name(
    client: QdrantClient, spec: CollectionSpec, identity: Identity
) -> None:
    store = ServerStore(client)
    add(store, "docs", spec, identity, "one")
    add(store.next_version("docs"), "docs", spec, identity, "two")
    store.switch("docs")
    (record,), _ = client.scroll("docs")
    assert record.payload == {"by": "two"}


def test_a_collection_that_bears_its_name_itself_is_served_and_not_switched(
    client: QdrantClient, spec: CollectionSpec, identity: Identity
) -> None:
    client.create_collection("docs", metadata=to_record(identity, spec), **shape(spec))
    store = ServerStore(client)
    store.open("docs")[0].close()
    assert store.collections() == ["docs"]
    with pytest.raises(CollectionError, match="bears that name itself") as caught:
        store.next_version("docs").create("docs", spec, identity)
    assert "--as docs-2" in caught.value.remedy
    assert store.collections() == ["docs"]


def test_a_version_that_no_name_leads_to_is_left_from_a_kill(
    client: QdrantClient, spec: CollectionSpec, identity: Identity
) -> None:
    store = ServerStore(client)
    client.create_collection("docs--1", metadata=to_record(identity, spec), **shape(spec))
    assert (store.collections(), store.exists("docs")) == ([], False)
    add(store, "docs", spec, identity, "one")
    client.create_collection("docs--2", metadata=to_record(identity, spec), **shape(spec))
    add(store.next_version("docs"), "docs", spec, identity, "two")
    store.switch("docs")
    assert served(store, "docs") == "two"
    assert len(client.get_collections().collections) == 2


def test_a_numbered_collection_of_another_program_is_left_alone(
    client: QdrantClient, spec: CollectionSpec, identity: Identity
) -> None:
    client.create_collection("docs--7", **shape(spec))
    store = ServerStore(client)
    add(store, "docs", spec, identity, "one")
    assert store.collections() == ["docs", "docs--7"]
    store.delete("docs")
    assert store.collections() == ["docs--7"]


@pytest.mark.usefixtures("plain_environment")
@pytest.mark.parametrize("carried_out", [True, False], ids=["answer lost", "request lost"])
def test_a_server_that_goes_away_at_any_request_serves_one_of_the_two(
    carried_out: bool,
    rest: Rest,
    stub: Stub,
    spec: CollectionSpec,
    identity: Identity,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "ATTEMPTS", 1)
    monkeypatch.setattr(remote, "FIRST_ATTEMPTS", 1)
    seen = set()
    for number in range(int(carried_out), 200, 3):
        with open_store(stub.url) as store:
            add(store, "docs", spec, identity, "one")
            gone = rest.leave_after(number, carried_out=carried_out)
            try:
                add(store.next_version("docs"), "docs", spec, identity, "two")
                store.switch("docs")
            except StoreUnreachableError:
                rest.stay()
            rest.stay()
            seen.add(served(store, "docs"))
            if store.next_version("docs").exists("docs"):
                store.next_version("docs").delete("docs")
            store.delete("docs")
            assert not rest.client.get_collections().collections, number
        if not gone:
            break
    assert not gone
    assert seen == {"one", "two"}
