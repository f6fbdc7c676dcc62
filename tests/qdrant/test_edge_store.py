"""The folder store: pointers, seals, and what a kill leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cpt_rag.errors import CollectionNotFoundError, InvalidInputError, StoreCorruptError, StoreError
from cpt_rag.qdrant import CollectionSpec, Engine, Identity, Store, open_store
from cpt_rag.types import Point

Run = Callable[..., "subprocess.CompletedProcess[str]"]
MakeId = Callable[[int], str]


@pytest.fixture
def docs(
    folder_store: Store, spec: CollectionSpec, identity: Identity, chunks: list[Point]
) -> None:
    with folder_store.create("docs", spec, identity) as engine:
        engine.upsert(chunks)


def shards(folder: Path) -> list[str]:
    return sorted(entry.name for entry in (folder / ".shards").iterdir() if entry.is_dir())


def the_seal(folder: Path) -> Path:
    (found,) = (folder / ".shards").glob("docs-*.seal")
    return found


def seals(folder: Path) -> int:
    return len(list((folder / ".shards").glob("*.seal")))


def test_a_store_that_is_not_there_is_empty_and_stays_so(folder: Path) -> None:
    store = open_store(folder)
    assert store.collections() == []
    assert not store.exists("docs")
    assert not folder.exists()


def test_files_of_others_are_no_collections(
    tmp_path: Path, spec: CollectionSpec, identity: Identity
) -> None:
    (tmp_path / "README").write_text("not ours")
    store = open_store(tmp_path)
    store.create("docs", spec, identity).close()
    assert store.collections() == ["docs"]
    with pytest.raises(CollectionNotFoundError):
        store.delete("README")
    assert (tmp_path / "README").read_text() == "not ours"


@pytest.mark.parametrize("place", ["", " ", "localhost:6333", "10.0.0.1:6333", "db.lan:6333/x"])
def test_a_place_that_was_hardly_meant_as_a_folder_is_refused(place: str) -> None:
    with pytest.raises(InvalidInputError, match="http://"):
        open_store(place)


@pytest.mark.parametrize("name", ["NUL", "con.txt", "docs.", ".docs", "a/b", "", "x" * 129])
def test_a_name_that_some_system_would_not_take_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInputError, match="named"):
        open_store(tmp_path).exists(name)


def test_urls_of_other_kinds_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="ftp://"):
        open_store("ftp://host/x")


def test_a_store_that_cannot_be_made(
    tmp_path: Path, spec: CollectionSpec, identity: Identity
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(tmp_path / "file").create("docs", spec, identity)


@pytest.mark.usefixtures("docs")
def test_deleting_leaves_no_points_behind(folder: Path, folder_store: Store) -> None:
    folder_store.delete("docs")
    assert shards(folder) == []
    assert seals(folder) == 0
    assert [entry.name for entry in folder.iterdir()] == [".shards"]


def test_a_collection_does_not_touch_one_with_a_longer_name(
    folder: Path, folder_store: Store, spec: CollectionSpec, identity: Identity
) -> None:
    longer = f"docs-{'0' * 32}"
    folder_store.create(longer, spec, identity).close()
    folder_store.create("docs", spec, identity).close()
    folder_store.delete("docs")
    with folder_store.open(longer)[0] as engine:
        assert engine.count() == 0
    assert len(shards(folder)) == 1


@pytest.mark.usefixtures("docs")
@pytest.mark.parametrize(
    "pointer",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"{}",
        json.dumps({"shard": 3}).encode(),
        json.dumps({"shard": "../docs"}).encode(),
        json.dumps({"shard": "/etc"}).encode(),
        json.dumps({"shard": f"../../docs-{'0' * 32}"}).encode(),
        json.dumps({"shard": f"docs-{'0' * 32}"}).encode(),
    ],
)
def test_a_pointer_that_leads_nowhere(folder: Path, folder_store: Store, pointer: bytes) -> None:
    (folder / "docs").write_bytes(pointer)
    with pytest.raises(StoreCorruptError, match="cpt-rag delete --collection docs"):
        folder_store.open("docs")
    folder_store.delete("docs")
    assert shards(folder) == []


@pytest.mark.usefixtures("docs")
@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_shard_that_leads_out_of_the_store(
    folder: Path, folder_store: Store, tmp_path: Path
) -> None:
    (name,) = shards(folder)
    shard = folder / ".shards" / name
    outside = tmp_path / name
    outside.mkdir()
    shard.rename(shard.with_name("aside"))
    shard.symlink_to(outside)
    with pytest.raises(StoreCorruptError, match="out of the store"):
        folder_store.open("docs")
    folder_store.delete("docs")
    assert outside.is_dir()


@pytest.mark.usefixtures("docs")
def test_a_shard_without_its_identity(folder: Path, folder_store: Store) -> None:
    engine, _ = folder_store.open("docs")
    from cpt_rag.qdrant.identity import IDENTITY_ID

    engine._delete_ids([IDENTITY_ID])  # type: ignore[attr-defined]
    engine.close()
    with pytest.raises(StoreCorruptError, match="identity is missing"):
        folder_store.open("docs")


@pytest.mark.usefixtures("docs")
def test_the_seal_counts(folder: Path, folder_store: Store) -> None:
    assert json.loads(the_seal(folder).read_text())["points"] == 61
    the_seal(folder).write_text('{"points": 62, "files": {}}')
    with pytest.raises(StoreCorruptError) as caught:
        folder_store.open("docs")
    assert "holds 61 points" in caught.value.found
    assert "62" in caught.value.expected
    assert "cpt-rag ingest" in caught.value.remedy
    assert json.loads(the_seal(folder).read_text())["points"] == 62


@pytest.mark.usefixtures("docs")
@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"points": "many", "files": {}}', '{"points": 61, "files": [1]}']
)
def test_a_seal_that_cannot_be_read(folder: Path, folder_store: Store, content: str) -> None:
    the_seal(folder).write_text(content)
    with pytest.raises(StoreCorruptError, match="seal that cannot be read"):
        folder_store.open("docs")


@pytest.mark.usefixtures("docs")
def test_the_seal_is_off_from_the_first_write_to_the_close(
    folder: Path, folder_store: Store, make_id: MakeId
) -> None:
    engine, _ = folder_store.open("docs")
    engine.count()
    assert seals(folder) == 1
    engine.upsert([Point(make_id(500), {})])
    assert seals(folder) == 0
    engine.close()
    assert json.loads(the_seal(folder).read_text())["points"] == 62
    writes: list[Callable[[Engine], None]] = [
        lambda opened: opened.delete_ids([make_id(500)]),
        lambda opened: opened.optimise(),
    ]
    for write in writes:
        with folder_store.open("docs")[0] as opened:
            write(opened)
            assert seals(folder) == 0
        assert json.loads(the_seal(folder).read_text())["points"] == 61


KILL = """
import os, signal, sys
from cpt_rag.qdrant import CollectionSpec, Identity, edge_store, files, open_store
from cpt_rag.types import Fingerprint
def killed(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)
stage = sys.argv[2]
if stage == "before the identity":
    edge_store._sign = killed
elif stage == "before the pointer":
    files.write_json = lambda path, *rest, **named: (
        killed() if path.name == "docs" else None)
elif stage == "in the pointer":
    os.replace = lambda source, target: killed() if str(target).endswith("docs") else None
elif stage == "after the pointer":
    edge_store.EdgeEngine = killed
store = open_store(sys.argv[1])
identity = Identity(Fingerprint("tiny", "a", "b", 8, "mean", {}), "c", "s", 1)
store.create("docs", CollectionSpec(8), identity)
"""


@pytest.mark.parametrize(
    ("stage", "whole"),
    [
        ("before the identity", False),
        ("before the pointer", False),
        ("in the pointer", False),
        ("after the pointer", True),
    ],
)
def test_a_kill_leaves_no_collection_or_a_whole_one(
    folder: Path,
    folder_store: Store,
    spec: CollectionSpec,
    identity: Identity,
    run_python: Run,
    stage: str,
    whole: bool,
) -> None:
    killed = run_python(KILL, str(folder), stage)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert folder_store.exists("docs") is whole
    assert folder_store.collections() == (["docs"] if whole else [])
    assert len(shards(folder)) == 1
    if whole:
        with folder_store.open("docs")[0] as engine:
            assert engine.count() == 0
    else:
        folder_store.create("docs", spec, identity).close()
    assert len(shards(folder)) == 1
    assert not list(folder.rglob("*.tmp"))


@pytest.mark.parametrize("failing", ["sync_folder", "write_json"])
def test_a_create_that_fails_leaves_the_name_free(
    folder_store: Store,
    spec: CollectionSpec,
    identity: Identity,
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
) -> None:
    from cpt_rag.qdrant import files

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, failing, full)
        with pytest.raises(StoreError, match="No space"):
            folder_store.create("docs", spec, identity)
    assert not folder_store.exists("docs")
    folder_store.create("docs", spec, identity).close()


@pytest.mark.usefixtures("docs")
def test_where_the_disk_has_no_room_nothing_reaches_the_engine(
    folder: Path,
    folder_store: Store,
    make_id: MakeId,
    spec: CollectionSpec,
    identity: Identity,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It writes through mapped memory, and a full disk would end the process with SIGBUS."""
    monkeypatch.setattr("cpt_rag.qdrant.room.RESERVE", 1 << 60)
    engine, _ = folder_store.open("docs")
    with engine:
        writes: list[Callable[[], object]] = [
            lambda: engine.upsert([Point(make_id(500), {})]),
            lambda: engine.delete_ids([make_id(0)]),
            engine.optimise,
            lambda: folder_store.create("other", spec, identity).close(),
        ]
        for write in writes:
            with pytest.raises(StoreError, match=r"MiB are free[\s\S]*make room"):
                write()
        assert engine.count() == 60
    assert seals(folder) == 1
    assert folder_store.collections() == ["docs"]
