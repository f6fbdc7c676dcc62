"""PDFs: their pages become chunks, and what cannot be read says why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import cpt_rag
from cpt_rag.ingest import pdf
from cpt_rag.ingest.read import MAX_BYTES, extract, read_bytes
from cpt_rag.ingest.reasons import Reason, UnusableFileError
from cpt_rag.ingest.workers import START_BYTES, Workers
from cpt_rag.qdrant import Store

pytest.importorskip("pypdf")


def make_pdf(pages: Sequence[str], padding: int = 0) -> bytes:
    """A PDF of one line of text a page; ``padding`` are bytes in a remark."""
    first = 4
    kids = " ".join(f"{first + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for i, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET" if text else ""
        objects.append(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>"
            f"/Contents {first + 2 * i + 1} 0 R>>"
        )
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
    out = b"%PDF-1.4\n%" + b"x" * padding + b"\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    return (
        out
        + (
            f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<</Size {size}/Root 1 0 R>>\n"
            f"startxref\n{len(out)}\n%%EOF\n"
        ).encode()
    )


def locked(content: bytes, password: str) -> bytes:
    import io

    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(password, "owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def reason(content: bytes) -> Reason:
    with pytest.raises(UnusableFileError) as caught:
        extract(content)
    return caught.value.reason


PAGES = ["Zebra crossings are striped.", "", "Retries are doubled."]


def test_pages_become_chunks_with_their_numbers(
    tmp_path: Path, store: Store, encoder: cpt_rag.Encoder
) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    content = make_pdf(PAGES, padding=MAX_BYTES)
    (docs / "paper.pdf").write_bytes(content)
    report = cpt_rag.ingest(docs, collection="docs", store=store, encoder=encoder)
    assert (report.indexed, report.skipped) == (1, {})
    (hit,) = cpt_rag.search(
        "retries", collection="docs", store=store, limit=1, filters={"language": "pdf"}
    )
    assert (hit.symbol, hit.kind, hit.path) == ("page 3", "page", "paper.pdf")
    assert extract(content).text[hit.start : hit.end] == hit.text
    assert hit.text.strip() == PAGES[2]


def test_workers_read_them_too(tmp_path: Path, encoder: cpt_rag.Encoder) -> None:
    from cpt_rag.ingest.prepare import Task

    groups = [(number, [Task("a.pdf", make_pdf([PAGES[number]]))]) for number in (0, 2)]
    with Workers(encoder) as workers:
        batches = dict(workers.prepare(groups, START_BYTES))
    for number, batch in batches.items():
        assert batch.files[0].chunks[0].chunk.text.strip() == PAGES[number]


def test_what_cannot_be_read_says_why() -> None:
    whole = make_pdf(PAGES)
    assert reason(locked(whole, "password")) is Reason.ENCRYPTED
    assert reason(make_pdf(["", ""])) is Reason.NO_TEXT
    assert reason(b"%PDF-1.7\n" + bytes(range(256))) is Reason.DAMAGED


def test_one_that_anyone_may_open_is_read() -> None:
    assert PAGES[0] in extract(locked(make_pdf(PAGES), "")).text


def test_one_that_takes_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_BOOT", "import time; time.sleep(60)")
    monkeypatch.setattr(pdf, "MOST_SECONDS", 0.2)
    assert reason(make_pdf(PAGES)) is Reason.TOO_LARGE


def test_a_reader_that_dies_is_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_BOOT", "import os; os.abort()")
    assert reason(make_pdf(PAGES)) is Reason.DAMAGED


def test_without_the_extra_the_reason_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        return None

    monkeypatch.setattr(pdf, "find_spec", absent)
    assert reason(make_pdf(PAGES)).value == "needs cpt-rag[pdf]"


def test_larger_than_the_limit_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "big.pdf"
    with path.open("wb") as file:
        file.write(b"%PDF-1.4\n")
        file.truncate(33 << 20)
    with pytest.raises(UnusableFileError) as caught:
        read_bytes(path)
    assert caught.value.reason is Reason.TOO_LARGE
