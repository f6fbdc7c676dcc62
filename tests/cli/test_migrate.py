"""``cpt-rag migrate``, ``rollback`` and what ``status`` says of versions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cpt_rag
from cpt_rag.cli.main import app
from cpt_rag.encoders.presets import MODELS


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The shipped model with a prompt, which makes other vectors."""
    folder = shutil.copytree(MODELS / "cpt-static", tmp_path / "other")
    config = folder / "config_sentence_transformers.json"
    fields = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps(fields | {"prompts": {"document": "text: "}}), encoding="utf-8")
    return folder


def test_a_migration_tells_what_it_did_and_how_to_go_back(
    project: Path, tmp_path: Path, other: Path
) -> None:
    where = ["--collection", "docs", "--store", str(tmp_path / "store")]
    cpt_rag.ingest(project, collection="docs", store=tmp_path / "store")
    run = CliRunner().invoke
    done = run(app, ["migrate", *where, "--encoder", str(other)])
    assert done.exit_code == 0, done.output
    assert f"cpt-static -> {other}: 3 files" in done.output
    assert "cpt-rag rollback --collection docs" in done.output
    status = run(app, ["status", *where])
    assert "previous version: encoder cpt-static" in status.output
    back = run(app, ["rollback", *where])
    assert "as cpt-static made it" in back.output
    (line,) = run(app, ["status", *where, "--json"]).output.splitlines()
    assert json.loads(line)["previous"] == str(other)


def test_json_has_the_comparison_and_its_reasons(
    project: Path, tmp_path: Path, other: Path
) -> None:
    where = ["--collection", "docs", "--store", str(tmp_path / "store")]
    cpt_rag.ingest(project, collection="docs", store=tmp_path / "store")
    done = CliRunner().invoke(app, ["migrate", *where, "--encoder", str(other), "--json"])
    report = json.loads(done.output)
    assert (report["switched"], report["files"], report["comparison"]["changes"]) == (True, 3, [])
    assert str(project) in report["comparison"]["left_out"]
    again = CliRunner().invoke(app, ["migrate", *where, "--encoder", str(other)])
    assert "made it already" in again.output
