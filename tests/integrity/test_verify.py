"""What verify sees, what repair mends, and what export tells."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cpt_rag
from cpt_rag.cli.main import NAME, app
from cpt_rag.cli.run import run as run_app
from cpt_rag.errors import RootConflictError
from cpt_rag.ingest.records import RootRecord
from cpt_rag.integrity import Fault, VerifyReport, export, repair, verify
from cpt_rag.qdrant import METADATA, PAGE_CONTENT, Engine, Where, open_store
from cpt_rag.types import Point

CART, MAIL = "shop/cart.py", "shop/mail.go"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def filled(project: Path, folder: Path) -> Path:
    cpt_rag.ingest(project, collection="docs", store=folder)
    return project


def change(folder: Path, action: Callable[[Engine], object]) -> None:
    engine, _ = open_store(folder).open("docs")
    with engine:
        action(engine)


def chunks(engine: Engine, path: str) -> list[Point]:
    return list(engine.scroll(Where({f"{METADATA}.path": [path]}), with_vectors=True))


def faults(report: VerifyReport) -> set[tuple[str, Fault]]:
    return {(found.path, found.fault) for found in report.differences}


def exported(folder: Path) -> list[dict[str, Any]]:
    engine, _ = open_store(folder).open("docs")
    with engine:
        return list(export(engine))


def mends(project: Path, folder: Path, scratch: Path) -> bool:
    """Whether repair leaves what a fresh ingestion gives."""
    assert repair(project, collection="docs", store=folder).clean
    cpt_rag.ingest(project, collection="docs", store=scratch)
    assert exported(folder) == exported(scratch)
    return True


def test_what_was_just_ingested_is_clean(filled: Path, folder: Path) -> None:
    report = verify(filled, collection="docs", store=folder)
    assert report.clean
    assert (report.files, report.documents) == (3, 0)
    assert report.chunks > 3


def test_files_that_went_another_way_are_named(filled: Path, folder: Path, tmp_path: Path) -> None:
    (filled / CART).write_text("x = 1\n", encoding="utf-8")
    (filled / MAIL).unlink()
    (filled / "new.md").write_text("# New\n\nText.\n", encoding="utf-8")
    (filled / "picture.bin").write_bytes(b"\0\1\2")
    report = verify(filled, collection="docs", store=folder)
    assert faults(report) == {
        (CART, Fault.CHANGED),
        (MAIL, Fault.VANISHED),
        ("new.md", Fault.NOT_INGESTED),
    }
    assert mends(filled, folder, tmp_path / "fresh")


def bend_vector(point: Point) -> Point:
    assert point.dense is not None
    return replace(point, dense=np.roll(point.dense, 1))


def bend_payload(key: str, value: object) -> Callable[[Point], Point]:
    def bend(point: Point) -> Point:
        metadata = {**point.payload[METADATA], key: value}
        return replace(point, payload={**point.payload, METADATA: metadata})

    return bend


def bend_text(point: Point) -> Point:
    return replace(point, payload={**point.payload, PAGE_CONTENT: "another text"})


def drop_sparse(point: Point) -> Point:
    return replace(point, sparse=None)


@pytest.mark.parametrize(
    "bend",
    [
        bend_vector,
        bend_payload("start_line", 99),
        bend_payload("symbol", "x"),
        bend_text,
        drop_sparse,
    ],
)
def test_a_chunk_that_is_not_as_it_was_written_is_seen(
    filled: Path, folder: Path, tmp_path: Path, bend: Callable[[Point], Point]
) -> None:
    change(folder, lambda engine: engine.upsert([bend(chunks(engine, CART)[0])]))
    assert faults(verify(filled, collection="docs", store=folder)) == {(CART, Fault.DAMAGED)}
    assert mends(filled, folder, tmp_path / "fresh")


def test_a_lost_chunk_is_seen(filled: Path, folder: Path, tmp_path: Path) -> None:
    change(folder, lambda engine: engine.delete_ids([chunks(engine, CART)[0].id]))
    assert faults(verify(filled, collection="docs", store=folder)) == {(CART, Fault.DAMAGED)}
    assert mends(filled, folder, tmp_path / "fresh")


def test_chunks_that_no_record_vouches_for_are_seen(
    filled: Path, folder: Path, tmp_path: Path
) -> None:
    stray = bend_payload("path", "shop/old.py")

    def add(engine: Engine) -> None:
        engine.upsert(
            [
                replace(
                    stray(chunks(engine, CART)[0]),
                    id=str(uuid.UUID(int=1)),
                )
            ]
        )

    change(folder, add)
    report = verify(filled, collection="docs", store=folder)
    assert faults(report) == {("shop/old.py", Fault.UNRECORDED)}
    assert mends(filled, folder, tmp_path / "fresh")


def test_an_ingestion_that_was_killed_is_seen(filled: Path, folder: Path, tmp_path: Path) -> None:
    unsettled = RootRecord("shop", filled.as_posix(), settled=False)
    change(folder, lambda engine: engine.upsert([unsettled.point()]))
    assert faults(verify(filled, collection="docs", store=folder)) == {("", Fault.UNFINISHED)}
    assert mends(filled, folder, tmp_path / "fresh")


@pytest.mark.parametrize("kind", ["file", "root"])
@pytest.mark.parametrize("bent", ["id", "payload"])
def test_a_record_that_is_not_as_it_was_written_is_seen(
    filled: Path, folder: Path, tmp_path: Path, kind: str, bent: str
) -> None:
    def bend(engine: Engine) -> None:
        record = next(engine.scroll(Where({"_cpt.kind": [kind]})))
        if bent == "id":
            engine.delete_ids([record.id])
            record = replace(record, id=str(uuid.UUID(int=1)))
        else:
            record = replace(record, payload={"_cpt": {**record.payload["_cpt"], "more": 1}})
        engine.upsert([record])

    change(folder, bend)
    assert {fault for _, fault in faults(verify(filled, collection="docs", store=folder))} == {
        Fault.RECORD
    }
    assert mends(filled, folder, tmp_path / "fresh")


def test_a_document_without_its_vector_is_seen_and_embedded_again(
    filled: Path, folder: Path
) -> None:
    with cpt_rag.open_collection("docs", folder) as opened:
        cpt_rag.Documents(opened).add(["A note on carts."], ids=["1"])
        whole = list(export(opened.engine))
        (document,) = opened.engine.scroll(Where({"_cpt.kind": ["document"]}))
        opened.engine.upsert([document])
    report = verify(filled, collection="docs", store=folder)
    assert faults(report) == {(document.id, Fault.NO_VECTOR)}
    assert repair(filled, collection="docs", store=folder).clean
    assert exported(folder) == whole


def test_repair_embeds_only_what_was_hurt(filled: Path, folder: Path) -> None:
    seen: list[str] = []
    encoder = cpt_rag.load_encoder()

    class Watched:
        dimension, fingerprint, max_tokens = encoder.dimension, encoder.fingerprint, None
        count_tokens, encode_query = encoder.count_tokens, encoder.encode_query

        def encode_document(self, texts: Any) -> Any:
            seen.extend(texts)
            return encoder.encode_document(texts)

    change(folder, lambda engine: engine.upsert([bend_vector(chunks(engine, MAIL)[0])]))
    assert repair(filled, collection="docs", store=folder, encoder=Watched()).clean
    assert seen
    assert all(text.startswith(MAIL) for text in seen)


def test_another_folder_of_the_name_is_refused(filled: Path, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "shop"
    other.mkdir(parents=True)
    with pytest.raises(RootConflictError):
        verify(other, collection="docs", store=folder)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions are not held here")
def test_a_file_that_cannot_be_read_is_no_difference(filled: Path, folder: Path) -> None:
    (filled / CART).chmod(0)
    assert verify(filled, collection="docs", store=folder).clean


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    capsys.readouterr()
    code = run_app(app, [*map(str, arguments)], NAME)
    return code, capsys.readouterr().out


def test_the_command_says_clean_or_what_differs(
    filled: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("verify", filled, "-c", "docs", "-s", folder)
    assert call(capsys, *arguments)[0] == 0
    (filled / CART).write_text("x = 1\n", encoding="utf-8")
    code, out = call(capsys, *arguments)
    assert code == 1
    assert "shop/shop/cart.py  changed on disk" in out
    code, out = call(capsys, *arguments, "--json")
    assert json.loads(out)["differences"][0]["fault"] == "changed on disk"
    assert call(capsys, *arguments, "--repair")[0] == 0
    assert call(capsys, *arguments)[0] == 0


def test_export_prints_every_point_sorted(
    filled: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = call(capsys, "export", "-c", "docs", "-s", folder, "--json")
    points = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [p["id"] for p in points] == sorted(p["id"] for p in points)
    assert points == exported(folder)
    chunk = next(p for p in points if PAGE_CONTENT in p["payload"])
    assert len(chunk["vectors"]["dense"]) == 320
    assert chunk["vectors"]["bm25"]["indices"] == sorted(chunk["vectors"]["bm25"]["indices"])
    assert call(capsys, "export", "-c", "docs", "-s", folder)[1].count("\n") == len(points)
