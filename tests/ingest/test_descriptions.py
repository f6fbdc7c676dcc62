"""Descriptions come from a file, are stored with their chunks, and stay with them."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import cpt_rag
from cpt_rag.collection import identity_of
from cpt_rag.errors import IdentityMismatchError, InvalidInputError
from cpt_rag.ingest.prepare import text_digest
from cpt_rag.qdrant import CHUNK_KIND, METADATA, RECORD, Store, Where, check_identity, open_store
from cpt_rag.retrieve.search import find
from cpt_rag.types import Point

from .conftest import Counting, KilledError, kill_at_write

CART, MAIL = "shop/cart.py", "shop/mail.go"
ADDED = "def empty(cart):\n    '''Take everything out.'''\n    cart.clear()\n\n\n"


@pytest.fixture
def edge() -> Iterator[Store]:
    """A store whose engine keeps vectors to the last bit, in memory where there is such a place."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        yield open_store(Path(made) / "edge")


@pytest.fixture
def counting(encoder: cpt_rag.Encoder) -> Counting:
    return Counting(encoder)


Describe = Callable[..., Path]


@pytest.fixture
def describe(project: Path, tmp_path: Path, encoder: cpt_rag.Encoder) -> Describe:
    """Write a file that describes the functions of the project, as ``text`` says it."""

    def write(text: str = "{symbol} in words", *, model: str = "tiny", path: str = "") -> Path:
        file = tmp_path / "descriptions.jsonl"
        lines = []
        for chunk in chunked(project, encoder, path):
            if chunk.symbol:
                lines.append(line_of(chunk, text.format(symbol=chunk.symbol), model))
        file.write_text("".join(lines), encoding="utf-8")
        return file

    return write


def chunked(project: Path, encoder: cpt_rag.Encoder, path: str) -> list[cpt_rag.Chunk]:
    return [
        chunk
        for name in ([path] if path else [CART, MAIL])
        for chunk in cpt_rag.chunk_source(
            (project / name).read_text(encoding="utf-8"),
            name,
            count_tokens=encoder.count_tokens,
            max_tokens=cpt_rag.chunk_tokens(encoder),
        )
    ]


def line_of(chunk: cpt_rag.Chunk, text: str, model: str) -> str:
    fields = {"digest": text_digest(chunk.embedded_text), "description": text, "model": model}
    return json.dumps({**fields, "prompt": "say what it does"}) + "\n"


def edit(project: Path) -> None:
    """Add a function above the class."""
    text = (project / CART).read_text(encoding="utf-8")
    (project / CART).write_text(text.replace("class Cart", f"{ADDED}class Cart"), encoding="utf-8")


def chunks(store: Store, collection: str = "docs", path: str | None = None) -> list[Point]:
    must = {f"{RECORD}.kind": [CHUNK_KIND]}
    if path is not None:
        must[f"{METADATA}.path"] = [path]
    engine, _ = store.open(collection)
    with engine:
        return list(engine.scroll(Where(must), with_vectors=True))


def texts(points: Sequence[Point]) -> dict[str, str | None]:
    """Descriptions by the first line of their chunks."""
    return {
        point.payload["page_content"].split("\n")[0]: point.payload[METADATA].get("description")
        for point in points
    }


def test_a_chunk_is_stored_with_its_description_and_that_with_its_model(
    store: Store, encoder: cpt_rag.Encoder, project: Path, describe: Describe
) -> None:
    report = cpt_rag.ingest(project, collection="docs", store=store, descriptions=describe())
    points = chunks(store)
    described = [point for point in points if point.described is not None]
    assert 0 < report.described == len(described) < len(points)
    for point in points:
        metadata = point.payload[METADATA]
        assert ("description" in metadata) == (point.described is not None)
        if point.described is not None:
            assert metadata["description"] == f"{metadata['symbol']} in words"
            assert metadata["description_model"] == "tiny"
            vector = encoder.encode_document([metadata["description"]])[0]
            assert float(vector @ point.described) > 0.9999


def test_search_finds_code_by_what_its_description_says(
    store: Store, project: Path, describe: Describe
) -> None:
    (project / MAIL).write_text("package shop\n\nfunc q7(z int) int {\n\treturn p3(z)\n}\n")
    (project / CART).write_text("def k4(z):\n    '''One.'''\n    return m2(z)\n")
    question = "settle an overdue invoice of a wholesale buyer"
    cpt_rag.ingest(project, collection="plain", store=store)
    file = describe("Settles the overdue invoices of wholesale buyers.", path=MAIL)
    cpt_rag.ingest(project, collection="docs", store=store, descriptions=file)
    first = {
        name: cpt_rag.search(question, collection=name, store=store, limit=1)[0].path
        for name in ("plain", "docs")
    }
    assert first["plain"] != MAIL
    assert first["docs"] == MAIL
    with cpt_rag.open_collection("docs", store) as docs:
        (only,) = find(question, docs, 10, arm="described")
        assert (only.path, only.metadata["description_model"]) == (MAIL, "tiny")
    with (
        cpt_rag.open_collection("plain", store) as plain,
        pytest.raises(InvalidInputError, match="no vectors of descriptions"),
    ):
        find(question, plain, 10, arm="described")


def test_the_same_descriptions_again_cost_nothing(
    store: Store, counting: Counting, project: Path, describe: Describe
) -> None:
    again: dict[str, Any] = {"collection": "docs", "store": store, "encoder": counting}
    again["descriptions"] = describe()
    cpt_rag.ingest(project, **again)
    before = chunks(store)
    counting.seen.clear()
    report = cpt_rag.ingest(project, **again)
    assert (report.unchanged, report.chunks, counting.seen) == (3, 0, [])
    assert texts(chunks(store)) == texts(before)


def test_of_newer_descriptions_only_the_changed_and_added_are_embedded(
    edge: Store, counting: Counting, project: Path, describe: Describe
) -> None:
    call: dict[str, Any] = {"collection": "docs", "store": edge, "encoder": counting}
    old = describe(path=MAIL).read_text()
    cpt_rag.ingest(project, **call, descriptions=describe(path=MAIL))
    counting.seen.clear()
    file = describe("{symbol} anew", path=CART)
    file.write_text(old + file.read_text())
    report = cpt_rag.ingest(project, **call, descriptions=file)
    assert (report.indexed, report.unchanged) == (1, 2)
    assert report.reused == report.chunks
    assert {text.split(" ", 1)[1] for text in counting.seen} == {"anew"}
    counting.seen.clear()
    changed = cpt_rag.ingest(project, **call, descriptions=describe(model="larger", path=MAIL))
    assert (changed.indexed, counting.seen) == (1, [])  # its text is as it was
    models = {p.payload[METADATA].get("description_model") for p in chunks(edge, path=MAIL)}
    assert "larger" in models
    assert any(point.described is not None for point in chunks(edge, path=CART))  # not named: kept


def test_without_a_file_what_did_not_change_keeps_its_description(
    store: Store, project: Path, describe: Describe
) -> None:
    file = describe()
    cpt_rag.ingest(project, collection="docs", store=store, descriptions=file)
    before = texts(chunks(store, path=CART))
    edit(project)
    cpt_rag.ingest(project, collection="docs", store=store)
    after = texts(chunks(store, path=CART))
    kept = before.keys() & after.keys()
    assert any(before[one] for one in kept)
    assert {one: after[one] for one in kept} == {one: before[one] for one in kept}
    assert after["def empty(cart):"] is None
    file.write_text(file.read_text() + describe(path=CART).read_text())
    cpt_rag.ingest(project, collection="docs", store=store, descriptions=file)
    assert texts(chunks(store, path=CART))["def empty(cart):"] == "empty in words"


def test_a_file_as_before_describes_what_came_meanwhile(
    edge: Store, project: Path, describe: Describe
) -> None:
    whole = describe().read_text()
    original = (project / CART).read_text()
    call: dict[str, Any] = {"collection": "docs", "store": edge}
    file = describe()
    cpt_rag.ingest(project, **call, descriptions=file)
    (project / CART).write_text("x = 1\n")
    cpt_rag.ingest(project, **call)
    (project / CART).write_text(original)
    cpt_rag.ingest(project, **call)
    assert not any(texts(chunks(edge, path=CART)).values())
    file.write_text(whole)
    cpt_rag.ingest(project, **call, descriptions=file)
    assert any(texts(chunks(edge, path=CART)).values())


def test_one_file_brought_level_leaves_the_others_to_be(
    edge: Store, project: Path, describe: Describe
) -> None:
    call: dict[str, Any] = {"collection": "docs", "store": edge}
    cpt_rag.ingest(project, **call, descriptions=describe("{symbol} first"))
    file = describe("{symbol} then")
    cpt_rag.ingest(project / "README.md", name="shop", **call, descriptions=file)
    report = cpt_rag.ingest(project, **call, descriptions=file)
    assert (report.indexed, report.unchanged) == (2, 1)


def test_a_clone_takes_its_descriptions_over(
    edge: Store, counting: Counting, project: Path, describe: Describe, tmp_path: Path
) -> None:
    call: dict[str, Any] = {"collection": "docs", "store": edge, "encoder": counting}
    made = cpt_rag.ingest(project, **call, descriptions=describe())
    clone = shutil.copytree(project, tmp_path / "clone")
    counting.seen.clear()
    report = cpt_rag.ingest(clone, **call)
    assert (counting.seen, report.described) == ([], made.described)


@pytest.mark.parametrize("first", ["plain", "described"])
def test_a_plain_collection_of_the_store_has_no_part_in_descriptions(
    edge: Store, counting: Counting, project: Path, describe: Describe, first: str
) -> None:
    options: dict[str, Any] = {"plain": {}, "described": {"descriptions": describe()}}
    for name in (first, *(options.keys() - {first})):
        counting.seen.clear()
        cpt_rag.ingest(project, collection=name, store=edge, encoder=counting, **options[name])
    assert not any(text.startswith("shop/") for text in counting.seen)
    assert not any(texts(chunks(edge, "plain")).values())
    assert any(texts(chunks(edge, "described")).values())


def test_a_collection_without_descriptions_is_given_none(
    edge: Store, project: Path, describe: Describe
) -> None:
    cpt_rag.ingest(project, collection="docs", store=edge)
    with pytest.raises(InvalidInputError, match="made without descriptions"):
        cpt_rag.ingest(project, collection="docs", store=edge, descriptions=describe())


def test_a_spec_of_ones_own_and_descriptions_go_together(
    edge: Store, project: Path, describe: Describe
) -> None:
    spec = cpt_rag.CollectionSpec(320, hnsw=cpt_rag.Hnsw(m=8))
    call: dict[str, Any] = {"collection": "docs", "store": edge, "preset": spec}
    for _ in range(2):
        cpt_rag.ingest(project, **call, descriptions=describe())
    with cpt_rag.open_collection("docs", edge) as docs:
        assert docs.engine.spec == cpt_rag.CollectionSpec(320, hnsw=spec.hnsw, described=True)


def test_a_program_that_knows_no_descriptions_refuses_the_collection(
    edge: Store, encoder: cpt_rag.Encoder, project: Path, describe: Describe
) -> None:
    cpt_rag.ingest(project, collection="docs", store=edge, descriptions=describe())
    cpt_rag.ingest(project, collection="plain", store=edge)
    for name in ("docs", "plain"):
        engine, found = edge.open(name)
        engine.close()
        if name == "plain":
            check_identity(found, identity_of(encoder), name)
            continue
        with pytest.raises(IdentityMismatchError, match="schema"):
            check_identity(found, identity_of(encoder), name)


GOOD = {"digest": "0123456789abcdef", "description": "words", "model": "tiny", "prompt": "say"}


@pytest.mark.parametrize(
    ("line", "match"),
    [
        (b"{", "is no JSON"),
        (b'{"digest": "\xff"}', "is no JSON"),
        (b"[1]", "is no JSON object"),
        (json.dumps({**GOOD, "digest": "0123"}).encode(), "has the digest '0123'"),
        (json.dumps({**GOOD, "digest": None}).encode(), "has no string 'digest'"),
        (json.dumps({**GOOD, "description": " \n"}).encode(), "has a blank description"),
        (json.dumps({**GOOD, "description": "\ud800"}).encode(), "lone surrogate"),
        (json.dumps({**GOOD, "model": ""}).encode(), "names no model"),
        (json.dumps({k: v for k, v in GOOD.items() if k != "prompt"}).encode(), "string 'prompt'"),
        (json.dumps({**GOOD, "description": "others"}).encode(), "otherwise than a line above"),
    ],
)
def test_a_line_that_describes_nothing_is_named_before_anything_is_written(
    edge: Store, project: Path, tmp_path: Path, line: bytes, match: str
) -> None:
    file = tmp_path / "bad.jsonl"
    good = json.dumps(GOOD).encode()
    file.write_bytes(b"\n".join([good, good, b"", line, b""]))
    with pytest.raises(InvalidInputError, match=rf"line 4 of .*bad\.jsonl .*{match}"):
        cpt_rag.ingest(project, collection="docs", store=edge, descriptions=file)
    assert edge.collections() == []


def test_a_file_that_is_not_there_is_named(edge: Store, project: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"none\.jsonl cannot be read"):
        cpt_rag.ingest(project, collection="docs", store=edge, descriptions=tmp_path / "none.jsonl")


def test_a_description_that_the_encoder_would_cut_is_refused(
    edge: Store, encoder: cpt_rag.Encoder, project: Path, describe: Describe
) -> None:
    narrow = Counting(encoder, max_tokens=40)
    with pytest.raises(InvalidInputError, match="at most 40"):
        cpt_rag.ingest(
            project,
            collection="docs",
            store=edge,
            encoder=narrow,
            descriptions=describe("{symbol}" + " and more" * 40),
        )


def test_a_run_killed_at_any_write_loses_no_description(
    edge: Store, encoder: cpt_rag.Encoder, project: Path, describe: Describe, tmp_path: Path
) -> None:
    """Not even where the next run is given none, and has only what lies there to go by."""
    call: dict[str, Any] = {"collection": "docs", "encoder": encoder}
    cpt_rag.ingest(project, store=edge, **call, descriptions=describe())
    before = shutil.copytree(edge.place, tmp_path / "before")
    edit(project)
    cpt_rag.ingest(project, store=edge, **call)
    expected = texts(chunks(edge))
    assert any(expected[first] for first in texts(chunks(edge, path=CART)))
    for number in range(100):
        place = Path(edge.place).with_name(f"killed-{number}")
        store = open_store(shutil.copytree(before, place))
        with pytest.MonkeyPatch.context() as patch, suppress(KilledError):
            done = kill_at_write(number, patch)
            cpt_rag.ingest(project, store=store, **call)
        cpt_rag.ingest(project, store=store, **call)
        assert texts(chunks(store)) == expected
        if done() < number:
            return
    pytest.fail("the run never came to its end")
