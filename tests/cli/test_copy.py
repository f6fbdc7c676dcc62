"""``cpt-rag copy`` and ``cpt-rag ingest --preset``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import cpt_rag
from cpt_rag.cli.main import NAME, app
from cpt_rag.cli.run import run as run_app
from cpt_rag.qdrant import open_store, preset_spec

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run_app(app, [*map(str, arguments)], NAME)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def stores(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "one", tmp_path / "two"


@pytest.fixture
def filled(project: Path, stores: tuple[Path, Path], encoder: cpt_rag.Encoder) -> None:
    cpt_rag.ingest(project, collection="docs", store=stores[0], encoder=encoder)


@pytest.mark.usefixtures("filled")
def test_a_copy_is_told_and_can_be_searched(cli: Cli, stores: tuple[Path, Path]) -> None:
    copy = ("copy", "docs", "--from", stores[0], "--to", stores[1], "--as", "mine")
    code, out, _ = cli(*copy)
    assert code == 0
    assert out.startswith("mine: ")
    assert " 0 unchanged, 0 removed in " in out
    code, out, _ = cli(
        "copy", "docs", "--from", stores[0], "--to", stores[1], "--as", "mine", "--json"
    )
    report = json.loads(out)
    assert report.keys() == {"points", "written", "unchanged", "removed", "seconds"}
    assert report["unchanged"] == report["points"] > 3
    code, out, _ = cli("search", "total price", "--collection", "mine", "--store", stores[1])
    assert code == 0
    assert "cart.py" in out


@pytest.mark.usefixtures("filled")
def test_a_copy_that_makes_no_sense_says_what_would(cli: Cli, stores: tuple[Path, Path]) -> None:
    code, _, err = cli("copy", "docs", "--from", stores[0], "--to", stores[0])
    assert code == 2
    assert "--as NAME" in err
    code, _, err = cli("copy", "none", "--from", stores[0], "--to", stores[1])
    assert code == 2
    assert "docs" in err


@pytest.mark.usefixtures("filled")
def test_an_unfinished_copy_hides_no_other_in_status(cli: Cli, stores: tuple[Path, Path]) -> None:
    cpt_rag.copy_collection("docs", stores[0], stores[1])
    cpt_rag.copy_collection("docs", stores[0], stores[1], new_name="half")
    open_store(stores[1]).mark("half", "'docs' elsewhere")
    code, out, err = cli("status", "--store", stores[1])
    assert code == 2
    assert "docs: 3 files" in out
    assert "unfinished copy of 'docs' elsewhere" in err


def test_a_preset_is_for_a_new_collection(
    cli: Cli, project: Path, stores: tuple[Path, Path], encoder: cpt_rag.Encoder
) -> None:
    ingest = ("ingest", project, "--collection", "docs", "--store", stores[0])
    assert cli(*ingest, "--preset", "1m")[0] == 0
    engine, _ = open_store(stores[0]).open("docs")
    with engine:
        assert engine.spec == preset_spec("1m", encoder.dimension)
    assert cli(*ingest, "--preset", "1m")[0] == 0
    assert cli(*ingest)[0] == 0
    code, _, err = cli(*ingest, "--preset", "10k")
    assert code == 2
    assert "leave the preset out" in err
    code, _, err = cli(*ingest, "--preset", "7b")
    assert code == 2
    assert "10k, 1m, 100m" in err


def test_a_spec_of_ones_own_is_taken_too(
    project: Path, stores: tuple[Path, Path], encoder: cpt_rag.Encoder
) -> None:
    own = cpt_rag.CollectionSpec(encoder.dimension, hnsw=cpt_rag.Hnsw(m=32))
    cpt_rag.ingest(project, collection="docs", store=stores[0], preset=own)
    with cpt_rag.open_collection("docs", stores[0], preset=own) as opened:
        assert opened.engine.spec == own
    with pytest.raises(cpt_rag.CollectionError, match="m=32"):
        cpt_rag.ingest(project, collection="docs", store=stores[0], preset="10k")
