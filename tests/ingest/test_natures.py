"""Files of every nature: none is waited for, read whole for nothing, or left without a reason."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cpt_rag
from cpt_rag.ingest import pipeline
from cpt_rag.ingest.read import read_bytes
from cpt_rag.ingest.reasons import Reason, UnusableFileError
from cpt_rag.ingest.walk import Entry, walk
from cpt_rag.qdrant import Store

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="names are text on other systems")


def reason(path: Path) -> Reason:
    with pytest.raises(UnusableFileError) as caught:
        read_bytes(path)
    return caught.value.reason


def met(root: Path) -> dict[str, Reason | None]:
    return {entry.path: entry.reason for entry in walk(root)}


def test_a_file_of_two_gigabytes_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "sparse.txt"
    with path.open("wb") as file:
        file.truncate(2 << 30)
    assert reason(path) is Reason.TOO_LARGE


def test_a_file_that_vanishes_before_it_is_read_leaves_the_collection(
    tmp_path: Path, store: Store, encoder: cpt_rag.Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for name in ("a.txt", "b.txt"):
        (root / name).write_text(f"text {name}", encoding="utf-8")
    cpt_rag.ingest(root, collection="docs", store=store, encoder=encoder)

    def late(root: Path) -> Iterator[Entry]:
        yield from walk(root)
        (root / "b.txt").unlink()

    monkeypatch.setattr(pipeline, "walk", late)
    report = cpt_rag.ingest(root, collection="docs", store=store, encoder=encoder)
    assert report.skipped_paths == {"vanished": ["b.txt"]}
    assert report.files == report.indexed + report.unchanged + sum(report.skipped.values())
    hits = cpt_rag.search("text", collection="docs", store=store, encoder=encoder)
    assert [hit.path for hit in hits] == ["a.txt"]


def test_a_folder_that_vanishes_during_the_walk_is_reported(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.txt").touch()
    found = {}
    for entry in walk(tmp_path):
        found[entry.path] = entry.reason
        if entry.path == "a.txt":
            (tmp_path / "b").rmdir()
    assert found == {"a.txt": None, "b/": Reason.VANISHED}


def test_a_folder_in_the_place_of_a_file_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    assert reason(tmp_path / "a.txt") is Reason.UNREADABLE


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files on this system")
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    assert reason(tmp_path / "a.txt") is Reason.UNREADABLE


@pytest.mark.skipif(sys.platform == "win32", reason="symlinks need a privilege on Windows")
def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("secret", encoding="utf-8")
    (tmp_path / "a.txt").symlink_to(tmp_path / "outside")
    assert reason(tmp_path / "a.txt") is Reason.UNREADABLE


@pytest.mark.parametrize(("changes", "expected"), [(1, b"final"), (99, None)])
def test_a_file_that_changes_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: int, expected: bytes | None
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"first")
    real, calls = os.fstat, 0

    def fstat(descriptor: int) -> Any:
        nonlocal calls
        calls += 1
        if calls % 2 == 0 and calls // 2 <= changes:  # between reading and the second look
            path.write_bytes(b"final" if changes == 1 else b"x" * (5 + calls))
            os.utime(path, ns=(calls, calls))
        return real(descriptor)

    monkeypatch.setattr(os, "fstat", fstat)
    if expected is None:
        assert reason(path) is Reason.UNREADABLE
    else:
        assert read_bytes(path) == expected


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device on this system")
def test_a_device_is_special(tmp_path: Path) -> None:
    assert reason(Path("/dev/full")) is Reason.UNREADABLE
    try:
        os.mknod(tmp_path / "null", 0o020666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")
    assert met(tmp_path) == {"null": Reason.SPECIAL}


@on_linux
def test_a_path_longer_than_the_system_takes_is_reported(tmp_path: Path) -> None:
    at = os.open(tmp_path, os.O_RDONLY)
    for _ in range(25):
        os.mkdir("d" * 200, dir_fd=at)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    (entry,) = walk(tmp_path)
    assert entry.is_folder
    assert entry.reason is Reason.UNREADABLE


@on_linux
def test_names_that_differ_in_case_only_are_two_files(tmp_path: Path) -> None:
    for name in ("A.txt", "a.txt"):
        (tmp_path / name).touch()
    assert met(tmp_path) == {"A.txt": None, "a.txt": None}


@on_linux
@pytest.mark.parametrize(
    "name", ["..\\..\\x.txt", "C:x.txt", "\\\\server\\share\\x", "a\\..\\..\\b"]
)
def test_a_name_that_leads_out_of_the_root_elsewhere_is_left_out(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("text", encoding="utf-8")
    assert met(tmp_path) == {name: Reason.UNSAFE_NAME}


@on_linux
def test_hits_lie_below_their_root_whatever_the_names(
    tmp_path: Path, store: Store, encoder: cpt_rag.Encoder
) -> None:
    names = {
        "new\nline.txt",
        "a\\x2db.txt",
        "\x1b[2J.txt",
        "\u202etxt.a",
        " .txt",
        "...txt",
        "é:x.txt",
    }
    root = tmp_path / "root"
    root.mkdir()
    for number, name in enumerate(names | {"..\\up.txt", "C:abs.txt"}):
        (root / name).write_text(f"zebra {number}", encoding="utf-8")
    report = cpt_rag.ingest(root, collection="docs", store=store, encoder=encoder)
    assert report.skipped == {"unsafe_name": 2}
    hits = cpt_rag.search("zebra", collection="docs", store=store, encoder=encoder, limit=20)
    assert {hit.path for hit in hits} == names
