"""Damage to a store is refused, found or without effect, and never runs code."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import cpt_rag
from cpt_rag.errors import StoreCorruptError
from cpt_rag.integrity import Fault, export, repair, verify
from cpt_rag.qdrant import Where, edge_shard, open_store

HERE = Path(__file__).resolve().parents[2]
HARNESS = HERE / "tests" / "benchmarks" / "integrity" / "corrupt.py"
PATH = "metadata.path"
CART = "shop/cart.py"


@pytest.fixture(scope="module")
def kept() -> Iterator[Path]:
    """A folder in memory where there is such a place: the engine syncs every write."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        yield Path(made)


@pytest.fixture(scope="module")
def whole(shop: Path, kept: Path) -> Path:
    """A store that its engine still writes to."""
    cpt_rag.ingest(shop, collection="docs", store=kept / "whole")
    return kept / "whole"


@pytest.fixture(scope="module")
def finished(shop: Path, kept: Path) -> Path:
    """A store with a graph and indexes that stay as they are, as large ones have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edge_shard, "INDEXING_KB", 1)
        patch.setattr(edge_shard, "FULL_SCAN_KB", 1)
        cpt_rag.ingest(shop, collection="docs", store=kept / "finished")
    return kept / "finished"


@pytest.fixture
def place(kept: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=kept) as made:
        yield Path(made)


def copied(store: Path, place: Path) -> Path:
    return Path(shutil.copytree(store, place / "store"))


def the_file(store: Path, pattern: str) -> Path:
    (found,) = store.glob(f".shards/docs-*/segments/*/{pattern}")
    return found


def flip(path: Path, offset: int, bit: int = 0) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 1 << bit
    path.write_bytes(content)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the harness forks")
def test_damage_of_every_kind_is_refused_found_or_harmless() -> None:
    done = subprocess.run(
        [sys.executable, str(HARNESS), "--most", "4"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 damages" in done.stdout
    assert "0 bad" in done.stdout


def test_a_bit_in_the_graph_is_found_and_named(finished: Path, shop: Path, place: Path) -> None:
    """No point shows it: only searches go astray."""
    store = copied(finished, place)
    graph = the_file(store, "vector_index-dense/links*.bin")
    flip(graph, graph.stat().st_size // 2)
    for check in (verify, repair):
        with pytest.raises(StoreCorruptError, match="cpt-rag delete --collection docs") as caught:
            check(shop, collection="docs", store=store)
        assert graph.name in str(caught.value)
    with open_store(store) as opened:
        opened.delete("docs")
    cpt_rag.ingest(shop, collection="docs", store=store)
    assert verify(shop, collection="docs", store=store).clean


def test_a_length_that_would_fill_the_disk_never_reaches_the_engine(
    whole: Path, place: Path
) -> None:
    """The engine allocates by it at once, and dies with SIGBUS where the disk is full."""
    store = copied(whole, place)
    status = the_file(store, "vector_storage-dense/deleted/status.dat")
    flip(status, 5)
    with pytest.raises(StoreCorruptError, match=r"status.dat[\s\S]*cpt-rag delete"):
        open_store(store).open("docs")


def test_an_identity_that_got_a_vector_is_refused(whole: Path, place: Path) -> None:
    """It would be found by searches, and by nothing that reads points."""
    store = copied(whole, place)
    flip(the_file(store, "vector_storage-dense/deleted/flags_a.dat"), 0)
    with pytest.raises(StoreCorruptError, match="nobody gave it"):
        open_store(store).open("docs")


def test_a_filter_that_misses_points_is_found_and_mended(
    whole: Path, shop: Path, place: Path
) -> None:
    store = copied(whole, place)
    for page in store.glob(".shards/docs-*/segments/*/payload_index/*/page_0.dat"):
        content = page.read_bytes()
        if CART.encode() in content:
            page.write_bytes(content.replace(CART.encode(), b"shop/cast.py"))
    report = verify(shop, collection="docs", store=store)
    assert {found.fault for found in report.differences} >= {Fault.FILTER}
    assert (PATH, CART) in {(found.path, found.detail) for found in report.differences}
    assert repair(shop, collection="docs", store=store).clean
    engines = [open_store(each).open("docs")[0] for each in (store, whole)]
    mended, undamaged = engines
    with mended, undamaged:
        assert mended.tally(PATH) == undamaged.tally(PATH)
        assert mended.count(Where({PATH: [CART]})) == undamaged.count(Where({PATH: [CART]})) > 0
        assert list(export(mended)) == list(export(undamaged))


def test_a_record_that_got_a_vector_is_found_and_mended(
    whole: Path, shop: Path, place: Path
) -> None:
    """Of a point without vectors a flag says so; the first are the identity's and the root's."""
    store = copied(whole, place)
    flip(the_file(store, "vector_storage-dense/deleted/flags_a.dat"), 0, bit=1)
    report = verify(shop, collection="docs", store=store)
    assert {found.fault for found in report.differences} == {Fault.RECORD}
    assert repair(shop, collection="docs", store=store).clean
    engines = [open_store(each).open("docs")[0] for each in (store, whole)]
    with engines[0], engines[1]:
        assert list(export(engines[0])) == list(export(engines[1]))


@pytest.mark.parametrize("store", ["whole", "finished"])
def test_reading_and_writing_in_order_are_no_damage(
    request: pytest.FixtureRequest, project: Path, place: Path, store: str
) -> None:
    """The engine tidies up when it loads; that is not taken for damage."""
    used = copied(request.getfixturevalue(store), place)
    for text in ("one = 1\n", "two = 2\n"):
        (project / "shop" / "new.py").write_text(text)
        cpt_rag.ingest(project, collection="docs", store=used, name="again")
        for _ in range(2):
            assert cpt_rag.search("cart", collection="docs", store=used)
            assert verify(project, collection="docs", store=used, name="again").clean
    with cpt_rag.open_collection("docs", used) as opened:
        cpt_rag.Documents(opened).add(["A note."], ids=["1"])
        cpt_rag.Documents(opened).delete(["1"])
    assert verify(project, collection="docs", store=used, name="again").clean


UNSAFE = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
RUNNERS = {"eval", "exec", "__import__", "import_module"}
PIPES_OF_OUR_OWN = {"ingest/pdf.py", "ingest/worker.py", "ingest/workers.py"}
GRAMMARS = {"chunking/syntax.py"}  # by the names in a table of our own


@pytest.mark.parametrize("path", sorted((HERE / "cpt_rag").rglob("*.py")), ids=str)
def test_nothing_in_a_store_is_unpickled_or_run(path: Path) -> None:
    """A store from elsewhere is data: JSON, and files of an engine that is not Python."""
    name = path.relative_to(HERE / "cpt_rag").as_posix()
    used = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            used |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            used |= {(node.module or "").split(".")[0], *(alias.name for alias in node.names)}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            used.add(node.func.id)
    if name in PIPES_OF_OUR_OWN:
        used -= {"pickle"}
    if name in GRAMMARS:
        used -= {"import_module"}
    assert not used & (UNSAFE | RUNNERS)
