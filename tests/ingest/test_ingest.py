"""Ingestion: the collection follows the disk, and the report adds up."""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cpt_rag
from cpt_rag.ingest import read, regular
from cpt_rag.ingest.read import MAX_BYTES
from cpt_rag.ingest.write import BATCH_FILES
from cpt_rag.qdrant import Store, Where, open_store

from .conftest import KilledError, kill_at_write


@pytest.fixture
def ingest(store: Store, encoder: cpt_rag.Encoder) -> Any:
    def call(*paths: Path, **options: Any) -> cpt_rag.IngestReport:
        report = cpt_rag.ingest(paths, collection="docs", store=store, encoder=encoder, **options)
        assert report.files == report.indexed + report.unchanged + sum(report.skipped.values())
        return report

    return call


def points(store: Store) -> dict[str, tuple[Mapping[str, Any], list[float] | None]]:
    """Every point of the collection by id: payload and dense vector."""
    engine, _ = store.open("docs")
    with engine:
        return {
            point.id: (point.payload, None if point.dense is None else point.dense.tolist())
            for point in engine.scroll(Where(), with_vectors=True)
        }


def same_points(store: Store, folder: Path, encoder: cpt_rag.Encoder, scratch: Path) -> bool:
    """Whether the collection holds what a fresh ingest of ``folder`` gives, vectors and all."""
    fresh = open_store(scratch / uuid.uuid4().hex)
    cpt_rag.ingest(folder, collection="docs", store=fresh, encoder=encoder)
    found, expected = points(store), points(fresh)
    assert found.keys() == expected.keys()
    for key, (payload, vector) in expected.items():
        assert found[key][0] == payload
        assert found[key][1] == pytest.approx(vector, abs=1e-6)
    return True


def chunk_paths(store: Store) -> set[str]:
    return {p["metadata"]["path"] for p, _ in points(store).values() if "metadata" in p}


def test_every_file_is_indexed_once(store: Store, ingest: Any, project: Path) -> None:
    report = ingest(project)
    assert (report.files, report.indexed, report.unchanged) == (3, 3, 0)
    assert report.chunks == sum("metadata" in p for p, _ in points(store).values()) > 3
    assert chunk_paths(store) == {"README.md", "shop/cart.py", "shop/mail.go"}


def test_a_chunk_carries_its_exact_span(store: Store, ingest: Any, project: Path) -> None:
    ingest(project)
    for payload, vector in points(store).values():
        if "metadata" in payload:
            meta = payload["metadata"]
            text = (project / meta["path"]).read_text(encoding="utf-8")
            assert text[meta["start"] : meta["end"]] == payload["page_content"]
            assert vector is not None
            assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)


def test_a_second_run_changes_nothing(store: Store, ingest: Any, project: Path) -> None:
    ingest(project)
    before = points(store)
    report = ingest(project)
    assert (report.indexed, report.unchanged, report.removed, report.chunks) == (0, 3, 0, 0)
    assert points(store) == before


def test_a_changed_file_replaces_its_chunks(
    store: Store, ingest: Any, project: Path, tmp_path: Path
) -> None:
    ingest(project)
    (project / "shop/cart.py").write_text("def checkout():\n    return 'done'\n", encoding="utf-8")
    report = ingest(project)
    assert (report.indexed, report.unchanged) == (1, 2)
    texts = [p["page_content"] for p, _ in points(store).values() if "page_content" in p]
    assert any("checkout" in text for text in texts)
    assert not any("add_item" in text for text in texts)


def test_a_vanished_file_is_removed(store: Store, ingest: Any, project: Path) -> None:
    ingest(project)
    (project / "shop/mail.go").unlink()
    report = ingest(project)
    assert (report.files, report.unchanged, report.removed) == (2, 2, 1)
    assert chunk_paths(store) == {"README.md", "shop/cart.py"}
    assert ingest(project).removed == 0


def test_any_history_ends_in_the_points_of_a_fresh_ingest(
    store: Store, ingest: Any, project: Path, encoder: cpt_rag.Encoder, tmp_path: Path
) -> None:
    ingest(project)
    (project / "shop/cart.py").write_text("x = 1\n", encoding="utf-8")
    (project / "new.md").write_text("# New\n\nA page.\n", encoding="utf-8")
    (project / "README.md").unlink()
    ingest(project)
    assert same_points(store, project, encoder, tmp_path)


def change(project: Path) -> None:
    """Every kind of change at once: edited, vanished, new, and no text any more."""
    (project / "shop/cart.py").write_text("def checkout():\n    return 1\n", encoding="utf-8")
    (project / "shop/mail.go").unlink()
    (project / "new.md").write_text("# New\n\nA page.\n", encoding="utf-8")
    (project / "README.md").write_bytes(b"\0\1")


@pytest.mark.parametrize("first", [True, False], ids=["first run", "later run"])
def test_a_run_killed_at_any_write_is_made_good_whatever_the_disk_does_meanwhile(
    store: Store,
    ingest: Any,
    project: Path,
    encoder: cpt_rag.Encoder,
    tmp_path: Path,
    first: bool,
) -> None:
    before = Path(shutil.copytree(project, tmp_path / "before"))
    for number in range(100):
        if store.exists("docs"):
            store.delete("docs")
        if not first:
            ingest(project)
        change(project)
        with pytest.MonkeyPatch.context() as patch:
            kill_at_write(number, patch)
            try:
                ingest(project)
            except KilledError:
                finished = False
            else:
                finished = True
        shutil.rmtree(project)
        shutil.copytree(before, project)
        ingest(project)
        assert same_points(store, project, encoder, tmp_path), f"killed at write {number}"
        if finished:
            break
    assert finished
    assert number > 2


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0", "binary"),
        ("latin.txt", "Żółć".encode("iso8859-2"), "undecodable"),
        ("huge.txt", b"x" * (MAX_BYTES + 1), "too_large"),
        (".env", b"TOKEN=abc", "secret"),
        ("deploy.pem", b"-----BEGIN", "secret"),
        ("build.log", b"noise", "ignored"),
    ],
)
def test_a_file_that_is_left_out_has_a_reason(
    ingest: Any, project: Path, name: str, content: bytes, reason: str
) -> None:
    (project / ".gitignore").write_text("*.log\n", encoding="utf-8")
    (project / name).write_bytes(content)
    report = ingest(project)
    assert report.skipped == {reason: 1}
    assert report.indexed == 4  # the three files and .gitignore


def test_a_file_that_becomes_binary_leaves_the_collection(
    store: Store, ingest: Any, project: Path
) -> None:
    ingest(project)
    (project / "README.md").write_bytes(b"\0\1\2")
    assert ingest(project).skipped == {"binary": 1}
    assert "README.md" not in chunk_paths(store)


def test_a_file_that_cannot_be_read_keeps_what_was_known_of_it(
    store: Store, ingest: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(project)
    real = regular.read_regular

    def refuse(path: Path, most: int) -> bytes:
        if path.name == "README.md":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, most)

    monkeypatch.setattr(read, "read_regular", refuse)
    assert ingest(project).skipped == {"unreadable": 1}
    assert "README.md" in chunk_paths(store)


def test_utf16_and_byte_order_marks_are_read(store: Store, ingest: Any, project: Path) -> None:
    (project / "wide.txt").write_bytes("Ein Satz über Katzen.".encode("utf-16"))
    (project / "marked.txt").write_bytes(b"\xef\xbb\xbfA sentence about dogs.")
    assert ingest(project).skipped == {}
    texts = {p.get("page_content") for p, _ in points(store).values()}
    assert {"Ein Satz über Katzen.", "A sentence about dogs."} <= texts


def test_an_empty_file_is_indexed_without_chunks(ingest: Any, project: Path) -> None:
    (project / "empty.py").touch()
    assert ingest(project).indexed == 4
    assert ingest(project).unchanged == 4


def test_a_single_file_is_ingested_without_touching_its_neighbours(
    store: Store, ingest: Any, project: Path
) -> None:
    ingest(project)
    (project / "README.md").write_text("# Changed\n\nNew words.\n", encoding="utf-8")
    report = ingest(project / "README.md")
    assert (report.files, report.indexed, report.removed) == (1, 1, 0)
    assert chunk_paths(store) == {"README.md", "shop/cart.py", "shop/mail.go"}


@pytest.mark.parametrize("place", [".index", "."])
def test_a_store_inside_the_folder_is_not_a_part_of_it(
    encoder: cpt_rag.Encoder, project: Path, place: str
) -> None:
    for _ in range(2):
        report = cpt_rag.ingest(project, collection="docs", store=project / place, encoder=encoder)
        assert report.files == 3
    # Nor does it hide what lies around it.
    above = cpt_rag.ingest(
        project.parent, collection="docs", store=project.parent / "other", encoder=encoder
    )
    assert above.files == 3


def test_a_folder_that_was_moved_keeps_its_place_under_its_name(
    ingest: Any, project: Path, tmp_path: Path
) -> None:
    ingest(project)
    moved = project.rename(tmp_path / "moved")
    report = ingest(moved, name="shop")
    assert (report.unchanged, report.indexed) == (3, 0)


@pytest.mark.parametrize("name", ["", " ", "a/b", "a\nb"])
def test_a_name_that_is_none_is_refused(ingest: Any, project: Path, name: str) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="cannot be called"):
        ingest(project, name=name)


def test_paths_that_overlap_are_ingested_once(ingest: Any, project: Path) -> None:
    report = ingest(project, project, project / "shop", project / "README.md")
    assert (report.files, report.indexed) == (3, 3)


def test_two_files_of_one_folder_belong_to_one_root(
    store: Store, ingest: Any, project: Path
) -> None:
    assert ingest(project / "shop/cart.py", project / "shop/mail.go").indexed == 2
    assert chunk_paths(store) == {"cart.py", "mail.go"}


def test_a_file_that_shows_nothing_is_indexed_without_chunks(ingest: Any, project: Path) -> None:
    (project / " ").write_bytes(b"\x01\x02")
    assert ingest(project).indexed == 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_or_secret_asked_for_by_name_is_skipped(ingest: Any, project: Path) -> None:
    os.mkfifo(project / "pipe")
    (project / ".env").write_text("TOKEN=1", encoding="utf-8")
    assert ingest(project / "pipe").skipped == {"special": 1}
    assert ingest(project / ".env").skipped == {"secret": 1}


def test_thousands_of_files_without_chunks_are_written_in_batches(
    ingest: Any, project: Path
) -> None:
    for number in range(BATCH_FILES + 1):
        (project / f"{number}.txt").touch()
    assert ingest(project).indexed == BATCH_FILES + 4
    assert ingest(project).unchanged == BATCH_FILES + 4


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_closed_to_this_user_is_reported_and_the_rest_ingested(
    ingest: Any, project: Path
) -> None:
    (project / "shop").chmod(0)
    try:
        report = ingest(project)
    finally:
        (project / "shop").chmod(0o755)
    assert (report.indexed, report.skipped) == (1, {"unreadable": 1})


def test_two_folders_of_one_name_need_names(
    store: Store, ingest: Any, project: Path, tmp_path: Path
) -> None:
    ingest(project)
    other = Path(shutil.copytree(project, tmp_path / "elsewhere" / "shop"))
    before = points(store)
    with pytest.raises(cpt_rag.RootConflictError, match="--as NAME"):
        ingest(other)
    assert points(store) == before
    assert ingest(other, name="other").indexed == 3
    assert len(points(store)) > len(before)


def test_a_path_that_does_not_exist_makes_no_collection(
    store: Store, ingest: Any, tmp_path: Path
) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="does not exist"):
        ingest(tmp_path / "nowhere")
    assert store.collections() == []


def test_a_folder_that_cannot_be_listed_is_refused_and_keeps_its_chunks(
    store: Store, ingest: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(project)
    before = points(store)

    def refuse(path: Any) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        with pytest.raises(cpt_rag.InvalidInputError, match="cannot be read"):
            ingest(project)
    assert points(store) == before


def test_files_below_a_folder_that_cannot_be_listed_are_kept(
    store: Store, ingest: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(project)
    real = os.scandir

    def refuse(path: Any) -> Any:
        if Path(path) == project / "shop":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = ingest(project)
    assert (report.removed, report.skipped) == (0, {"unreadable": 1})
    assert chunk_paths(store) == {"README.md", "shop/cart.py", "shop/mail.go"}


def test_another_encoder_is_refused_and_nothing_is_lost(
    store: Store, ingest: Any, project: Path, tmp_path: Path
) -> None:
    from safetensors.numpy import load_file, save_file

    from cpt_rag.encoders.presets import MODELS

    ingest(project)
    before = points(store)
    other = Path(shutil.copytree(MODELS / "cpt-static", tmp_path / "other"))
    tensors = load_file(other / "model.safetensors")
    tensors["weights"] = tensors["weights"] * np.float32(2)
    save_file(tensors, other / "model.safetensors")
    with pytest.raises(cpt_rag.IdentityMismatchError, match=r"encoder\.weights"):
        cpt_rag.ingest(project, collection="docs", store=store, encoder=other)
    assert points(store) == before


def test_progress_counts_up_to_the_files_met(ingest: Any, project: Path) -> None:
    seen: list[tuple[int, int]] = []
    ingest(project, progress=lambda done, total, label: seen.append((done, total)))
    assert seen[:3] == [(1, 3), (2, 3), (3, 3)]
