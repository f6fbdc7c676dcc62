"""The command from its arguments to its files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from cpt_rag.cli.run import run
from cpt_rag.errors import InvalidInputError
from cpt_training.evaluate import app
from cpt_training.evaluation.models import display_names
from cpt_training.evaluation.run import corpus_task, evaluate

NAME = "python -m cpt_training.evaluate"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CPT_RAG_DATA", raising=False)
    monkeypatch.setattr("cpt_training.evaluation.models.STARTS", 1)


def test_one_run_writes_tables_json_and_a_page(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "report"
    assert run(app, ["cpt-static", "--data", str(data), "--out", str(out)], NAME) == 0
    screen = capsys.readouterr().out
    assert "nDCG@10" in screen
    assert "CodeSearchNet protocol" in screen
    record = json.loads((out / "results.json").read_text(encoding="utf-8"))
    figures = {(f["set"], f["measure"], f["system"]): f for f in record["figures"]}
    best = figures["words", "nDCG@10", "cpt-static"]
    assert best["value"] == 1
    assert "difference" not in best
    assert figures["words", "nDCG@10", "BM25 + cpt-static"]["difference"]["value"] == 0
    assert {"stsb-dev", "mr", "sst2"} <= {f["set"] for f in record["figures"]}
    origin = record["provenance"]
    assert set(origin["data_sha256"]) == {"docstring-valid", "words", "stsb-dev", "mr", "sst2"}
    assert len(origin["models"]["cpt-static"]["weights_sha256"]) == 64
    assert [speed["system"] for speed in record["speed"]] == ["BM25", "cpt-static"]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 2
    assert 'src="http' not in page


def test_the_folder_may_come_from_the_environment(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CPT_RAG_DATA", str(data))
    assert run(app, ["cpt-static", "--sets", "stsb-dev"], NAME) == 0
    assert "Spearman" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no folder of evaluation sets is given"),
        (["--corpus", "python", "--sets", "mbpp"], "no folder of evaluation sets is given"),
        (["--data", "nowhere"], "nowhere is no folder"),
    ],
)
def test_absent_data_is_said_plainly(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(app, ["cpt-static", *arguments], NAME) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Remedy" in error


def test_a_missing_package_names_the_extra(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cpt_training.evaluate.find_spec", lambda name: None)
    assert run(app, ["cpt-static", "--data", str(data)], NAME) == 2
    assert 'pip install "cpt-rag[train]"' in capsys.readouterr().err


def test_an_unknown_model_is_refused(
    data: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(app, ["no-such-model", "--data", str(data)], NAME) == 2
    assert "No encoder is called 'no-such-model'" in capsys.readouterr().err


def test_a_bad_row_shows_before_any_model_is_loaded(
    data: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (data / "stsb-dev.jsonl").write_text("{\n")
    assert run(app, ["no-such-model", "--data", str(data)], NAME) == 2
    assert "stsb-dev.jsonl, line 1 is not JSON" in capsys.readouterr().err


def test_models_of_one_folder_name_are_told_apart_by_their_paths() -> None:
    assert display_names(["a/model", "b/model"]) == ["a/model", "b/model"]
    assert display_names(["runs/one", "cpt-static"]) == ["one", "cpt-static"]
    with pytest.raises(InvalidInputError, match="cpt-static is given 2 times"):
        display_names(["cpt-static", "cpt-static"])


def test_held_out_docstrings_of_a_corpus_are_ranked(tmp_path: Path) -> None:
    split = tmp_path / "test.jsonl.gz"
    rows = [("docstring_code", f"word{i}", f"def word{i}(): pass") for i in range(30)]
    rows.append(("summary_rest", "first", "rest"))
    with gzip.open(split, "wt", encoding="utf-8") as lines:
        for kind, query, document in rows:
            lines.write(json.dumps({"kind": kind, "query": query, "document": document}) + "\n")
    results = evaluate(["cpt-static"], [corpus_task("tiny", split)], lambda _: None)
    assert [f.dataset for f in results.figures] == ["tiny test"] * 3
    assert results.figures[0].estimate.units == 30
    assert results.figures[0].estimate.value > 0.5


def test_a_corpus_without_such_pairs_is_refused(tmp_path: Path) -> None:
    split = tmp_path / "test.jsonl.gz"
    with gzip.open(split, "wt") as lines:
        lines.write("")
    with pytest.raises(InvalidInputError, match="no pairs of docstring and code"):
        evaluate(["cpt-static"], [corpus_task("tiny", split)], lambda _: None)
