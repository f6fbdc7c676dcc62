"""One input of an encoder is embedded once in a store, wherever it comes again.

On the embedded engine: the client's local mode brings vectors to unit length in a way of its own,
so that nothing there is what was recorded to the last bit, and all is embedded again.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cpt_rag
from cpt_rag.qdrant import METADATA, Store, Where, open_store

from .conftest import Counting


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "store")


@pytest.fixture
def counting(encoder: cpt_rag.Encoder) -> Counting:
    return Counting(encoder)


@pytest.fixture
def ingest(store: Store, counting: Counting) -> Any:
    def call(path: Path, collection: str = "docs", **options: Any) -> cpt_rag.IngestReport:
        counting.seen.clear()
        return cpt_rag.ingest(path, collection=collection, store=store, encoder=counting, **options)

    return call


def chunks(store: Store, collection: str, root: str) -> dict[tuple[Any, ...], Any]:
    engine, _ = store.open(collection)
    with engine:
        found = engine.scroll(Where({f"{METADATA}.root": [root]}), with_vectors=True)
        return {
            (p.payload["metadata"]["path"], p.payload["page_content"]): p.dense
            for p in found
            if p.dense is not None
        }


def assert_same(found: dict[Any, Any], expected: dict[Any, Any]) -> None:
    assert found.keys() == expected.keys() != set()
    for key, vector in expected.items():
        np.testing.assert_allclose(found[key], vector, atol=1e-6)


def test_a_clone_under_another_name_costs_no_embedding(
    store: Store, ingest: Any, counting: Counting, project: Path, tmp_path: Path
) -> None:
    made = ingest(project)
    clone = shutil.copytree(project, tmp_path / "clone")
    report = ingest(clone)
    assert counting.seen == []
    assert report.reused == report.chunks == made.chunks
    assert_same(chunks(store, "docs", "clone"), chunks(store, "docs", "shop"))


def test_another_collection_of_the_store_costs_none_either(
    store: Store, ingest: Any, counting: Counting, project: Path
) -> None:
    ingest(project)
    report = ingest(project, collection="again")
    assert counting.seen == []
    assert report.reused == report.chunks
    assert_same(chunks(store, "again", "shop"), chunks(store, "docs", "shop"))


def test_of_a_changed_file_only_what_changed_is_embedded(
    ingest: Any, counting: Counting, project: Path
) -> None:
    ingest(project)
    file = project / "shop" / "cart.py"
    with file.open("a", encoding="utf-8") as end:
        end.write("\n\ndef empty(cart):\n    '''Take everything out.'''\n    cart.clear()\n")
    report = ingest(project)
    assert report.reused == report.chunks - len(counting.seen) > 0
    assert any("def empty" in text for text in counting.seen)
    assert not any("The shopping cart" in text for text in counting.seen)


def test_a_moved_file_is_embedded_again_because_its_path_is(
    ingest: Any, counting: Counting, project: Path
) -> None:
    ingest(project)
    (project / "shop" / "cart.py").rename(project / "shop" / "basket.py")
    report = ingest(project)
    assert report.reused == 0
    assert all(text.startswith("shop/basket.py") for text in counting.seen)


def test_chunks_that_are_not_what_was_recorded_are_not_taken_over(
    store: Store, ingest: Any, counting: Counting, project: Path, tmp_path: Path
) -> None:
    made = ingest(project)
    engine, _ = store.open("docs")
    with engine:
        engine.delete(Where({f"{METADATA}.path": ["shop/mail.go"]}))
    report = ingest(shutil.copytree(project, tmp_path / "clone"))
    assert report.chunks == made.chunks
    assert counting.seen
    assert all(text.startswith("shop/mail.go") for text in counting.seen)


def test_a_collection_of_another_encoder_is_passed_over(
    store: Store, ingest: Any, counting: Counting, project: Path
) -> None:
    other = cpt_rag.ForeignEncoder("letters", lambda texts: [[len(t), 1.0] for t in texts])
    cpt_rag.ingest(project, collection="letters", store=store, encoder=other)
    assert ingest(project).reused == 0
    assert counting.seen


def test_documents_that_are_added_again_are_not_embedded_again(
    store: Store, counting: Counting
) -> None:
    with cpt_rag.open_collection("notes", store, encoder=counting, create=True) as opened:
        documents = cpt_rag.Documents(opened)
        documents.add(["one", "two"], ids=["1", "2"])
        counting.seen.clear()
        documents.add(["one", "two, changed"], [{"a": 1}, {}], ["1", "2"])
        assert counting.seen == ["two, changed"]
        assert [d.metadata for d in documents.get(["1", "2"])] == [{"a": 1}, {}]
