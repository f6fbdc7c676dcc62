"""A collection gets another encoder: the same content, embedded anew, and a way back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import cpt_rag
from cpt_rag.errors import CollectionError, InvalidInputError, StoreLockedError
from cpt_rag.ingest import collection_status
from cpt_rag.qdrant import Store

from .conftest import encoder_of, held


@pytest.fixture
def in_client(local: Store, project: Path) -> Store:
    cpt_rag.ingest(project, collection="docs", store=local)
    return local


@pytest.fixture
def ingested(store: Store, project: Path) -> Store:
    cpt_rag.ingest(project, collection="docs", store=store)
    return store


def test_a_migrated_collection_is_one_made_anew(
    ingested: Store, project: Path, shorter: Path
) -> None:
    report = cpt_rag.migrate("docs", encoder=shorter, store=ingested)
    assert (report.switched, report.before, report.after) == (True, "cpt-static", str(shorter))
    assert (report.files, report.vanished, report.skipped) == (3, 0, {})
    cpt_rag.ingest(project, collection="anew", store=ingested, encoder=shorter)
    assert held(ingested) == held(ingested, "anew")
    assert cpt_rag.search("total price", collection="docs", store=ingested)[0].path == (
        "shop/cart.py"
    )
    assert cpt_rag.ingest(project, collection="docs", store=ingested).unchanged == 3


def test_documents_are_embedded_from_their_texts(in_client: Store, shorter: Path) -> None:
    texts = [f"The {number}th parcel waits in the hall." for number in range(5)]
    metadatas = [{"number": number, "path": f"notes/{number}"} for number in range(5)]
    ids = [f"parcel-{number}" for number in range(5)]
    with cpt_rag.open_collection("docs", in_client) as opened:
        cpt_rag.Documents(opened).add(texts, metadatas, ids)
    report = cpt_rag.migrate("docs", encoder=shorter, store=in_client)
    assert report.documents == 5
    with cpt_rag.open_collection("docs", in_client) as opened:
        found = cpt_rag.Documents(opened).get(ids)
        assert [(one.id, one.text, one.metadata) for one in found] == [
            *zip(ids, texts, metadatas, strict=True)
        ]
        vector = opened.encoder.encode_document(texts[2:3])[0]
        (nearest,) = cpt_rag.Documents(opened).nearest(vector, 1)
        assert (nearest.id, round(nearest.score, 4)) == ("parcel-2", 1.0)


def test_a_rollback_brings_the_old_version_back(ingested: Store, shorter: Path) -> None:
    before = held(ingested)
    cpt_rag.migrate("docs", encoder=shorter, store=ingested)
    after = held(ingested)
    assert cpt_rag.rollback("docs", store=ingested) == "cpt-static"
    assert (held(ingested), encoder_of(ingested)) == (before, "cpt-static")
    assert cpt_rag.rollback("docs", store=ingested) == str(shorter)
    assert (held(ingested), encoder_of(ingested)) == (after, str(shorter))


def test_the_status_tells_both_versions(in_client: Store, shorter: Path) -> None:
    cpt_rag.migrate("docs", encoder=shorter, store=in_client)
    status = collection_status("docs", in_client)
    assert (status.encoder, status.previous, status.next) == (str(shorter), "cpt-static", None)


def test_a_second_migration_to_the_same_encoder_does_nothing(
    in_client: Store, shorter: Path
) -> None:
    cpt_rag.migrate("docs", encoder=shorter, store=in_client)
    report = cpt_rag.migrate("docs", encoder=shorter, store=in_client)
    assert (report.switched, report.chunks) == (False, 0)
    assert in_client.versions("docs").previous == "cpt-static"


def test_only_files_that_were_ingested_are_in_the_new_version(
    local: Store, project: Path, shorter: Path
) -> None:
    cpt_rag.ingest(project / "README.md", collection="docs", store=local)
    report = cpt_rag.migrate("docs", encoder=shorter, store=local)
    assert report.files == 1
    hits = cpt_rag.search("cart or payments", collection="docs", store=local, limit=50)
    assert {hit.path for hit in hits} == {"README.md"}


def test_what_has_changed_on_the_disk_is_read_as_it_is_now(
    in_client: Store, project: Path, shorter: Path
) -> None:
    (project / "README.md").write_text("# Shop\n\nParcels leave at noon.\n", encoding="utf-8")
    (project / "shop" / "mail.go").unlink()
    (project / "new.md").write_text("# New\n\nNever in_client.\n", encoding="utf-8")
    report = cpt_rag.migrate("docs", encoder=shorter, store=in_client)
    assert (report.files, report.vanished) == (2, 1)
    hits = cpt_rag.search("parcels", collection="docs", store=in_client, limit=50)
    assert {hit.path for hit in hits} == {"README.md", "shop/cart.py"}


def test_a_folder_that_is_gone_is_refused_with_what_to_do(
    in_client: Store, project: Path, shorter: Path
) -> None:
    moved = shutil.move(project, project.with_name("moved"))
    with pytest.raises(InvalidInputError, match="is not there any more") as caught:
        cpt_rag.migrate("docs", encoder=shorter, store=in_client)
    assert "--as shop" in caught.value.remedy
    assert in_client.versions("docs").next is None
    cpt_rag.ingest(moved, collection="docs", store=in_client, name="shop")
    assert cpt_rag.migrate("docs", encoder=shorter, store=in_client).files == 3


def test_what_is_written_meanwhile_is_in_the_new_version(
    ingested: Store, project: Path, shorter: Path
) -> None:
    def interfere(done: int, total: int, label: str) -> None:
        if label == "README.md" and not (project / "late.md").exists():
            (project / "late.md").write_text("# Late\n\nA zebra came.\n", encoding="utf-8")
            cpt_rag.ingest(project, collection="docs", store=ingested)
            with cpt_rag.open_collection("docs", ingested) as opened:
                cpt_rag.Documents(opened).add(["The giraffe stayed."], ids=["g"])

    report = cpt_rag.migrate("docs", encoder=shorter, store=ingested, progress=interfere)
    assert (report.files, report.documents) == (4, 1)
    with cpt_rag.open_collection("docs", ingested) as opened:
        assert cpt_rag.Documents(opened).get(["g"])
        assert cpt_rag.search("zebra", collection=opened)[0].path == "late.md"


def test_what_was_removed_while_a_migration_lay_is_not_in_the_new_version(
    in_client: Store, shorter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cpt_rag.open_collection("docs", in_client) as opened:
        cpt_rag.Documents(opened).add(["The giraffe stayed.", "The zebra left."], ids=["g", "z"])
    interrupted(monkeypatch, lambda: cpt_rag.migrate("docs", encoder=shorter, store=in_client))
    with cpt_rag.open_collection("docs", in_client) as opened:
        cpt_rag.Documents(opened).delete(["z"])
    report = cpt_rag.migrate("docs", encoder=shorter, store=in_client)
    assert report.documents == 1
    with cpt_rag.open_collection("docs", in_client) as opened:
        assert [one.id for one in cpt_rag.Documents(opened).get(["g", "z"])] == ["g"]


class CutShortError(Exception):
    """Stands for what ends a migration just before its switch."""


def interrupted(monkeypatch: pytest.MonkeyPatch, migrate: Callable[[], object]) -> None:
    def fail(*_: object) -> None:
        raise CutShortError

    with monkeypatch.context() as patch:
        for kind in ("EdgeStore", "ServerStore"):
            patch.setattr(f"cpt_rag.qdrant.{kind}.switch", fail)
        with pytest.raises(CutShortError):
            migrate()


def test_an_interrupted_migration_embeds_nothing_twice(
    ingested: Store, shorter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(monkeypatch, lambda: cpt_rag.migrate("docs", encoder=shorter, store=ingested))
    assert encoder_of(ingested) == "cpt-static"
    assert collection_status("docs", ingested).next == str(shorter)
    report = cpt_rag.migrate("docs", encoder=shorter, store=ingested)
    assert (report.switched, report.files, report.chunks) == (True, 3, 0)
    assert "interruption" in report.not_compared
    assert encoder_of(ingested) == str(shorter)


def test_another_encoder_throws_away_what_was_begun(
    in_client: Store, shorter: Path, contrary: cpt_rag.Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(monkeypatch, lambda: cpt_rag.migrate("docs", encoder=shorter, store=in_client))
    cpt_rag.migrate("docs", encoder=contrary, store=in_client, force=True)
    assert in_client.open("docs")[1].encoder.name == "contrary"
    interrupted(monkeypatch, lambda: cpt_rag.migrate("docs", encoder=shorter, store=in_client))
    report = cpt_rag.migrate("docs", encoder=contrary, store=in_client)
    assert not report.switched
    assert in_client.versions("docs").next is None


def test_a_collection_that_somebody_keeps_open_is_switched_later(
    project: Path, folder: Path, shorter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cpt_rag.qdrant.lock.PATIENCE", 0.0)
    cpt_rag.ingest(project, collection="docs", store=folder)
    with cpt_rag.open_collection("docs", folder) as kept:
        with pytest.raises(StoreLockedError):
            cpt_rag.migrate("docs", encoder=shorter, store=folder)
        assert cpt_rag.search("total price", collection=kept)
    assert cpt_rag.migrate("docs", encoder=shorter, store=folder).chunks == 0


def test_a_collection_is_kept_as_it_was(local: Store, project: Path, shorter: Path) -> None:
    cpt_rag.ingest(project, collection="docs", store=local, document_key=True, preset="100m")
    with cpt_rag.open_collection("docs", local) as opened:
        before = opened.engine.spec
    cpt_rag.migrate("docs", encoder=shorter, store=local)
    with cpt_rag.open_collection("docs", local) as opened:
        after = opened.engine.spec
    assert (before.dimension, after.dimension) == (320, 96)
    assert (after.document_key, after.hnsw, after.on_disk) == (True, before.hnsw, before.on_disk)
    assert after.quantisation == before.quantisation


@pytest.fixture
def asked(local: Store, garden: Path) -> Store:
    cpt_rag.ingest(garden, collection="docs", store=local)
    return local


def test_the_encoders_are_compared_on_what_the_folders_ask(asked: Store, shorter: Path) -> None:
    comparison = cpt_rag.migrate("docs", encoder=shorter, store=asked, force=True).comparison
    assert comparison is not None
    assert {change.query_class for change in comparison.changes} == {
        *("docstring", "heading", "symbol", "all")
    }
    for change in comparison.changes:
        assert change.gain.value == pytest.approx(change.after.value - change.before.value)


def test_a_migration_that_makes_search_worse_wants_to_be_forced(
    asked: Store, contrary: cpt_rag.Encoder
) -> None:
    before = held(asked)
    with pytest.raises(CollectionError, match="worse than cpt-static") as caught:
        cpt_rag.migrate("docs", encoder=contrary, store=asked)
    assert "--yes" in caught.value.remedy
    assert (held(asked), asked.versions("docs").next) == (before, None)
    report = cpt_rag.migrate("docs", encoder=contrary, store=asked, force=True)
    assert report.switched
    assert report.comparison is not None
    assert report.comparison.worse


def test_too_few_questions_are_told_and_hinder_nothing(in_client: Store, shorter: Path) -> None:
    report = cpt_rag.migrate("docs", encoder=shorter, store=in_client)
    assert report.comparison is not None
    assert report.comparison.decisive is None
    (reason,) = report.comparison.left_out.values()
    assert "too few queries" in reason
