"""The command from its arguments to its files."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest

from cpt_rag.cli.run import run
from cpt_rag.errors import InvalidInputError
from cpt_training.evaluate import app
from cpt_training.evaluation.figures import Part
from cpt_training.evaluation.models import display_names
from cpt_training.evaluation.run import Results, evaluate
from cpt_training.evaluation.tasks import Task, tasks_below

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
    assert origin["bm25"]["mean_length"] == "each collection's own"
    assert [speed["system"] for speed in record["speed"]] == ["BM25", "cpt-static"]
    assert record["sets"]["unfinished"] == []
    for figure in record["figures"]:
        assert ("difference" in figure) == (figure["system"] != "cpt-static")
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


def test_what_is_done_is_saved_after_every_set(data: Path) -> None:
    tasks = tasks_below(data, ["words", "stsb-dev", "mr"])
    saved: list[tuple[list[str], list[str], int]] = []

    def save(results: Results) -> None:
        saved.append((list(results.complete), list(results.unfinished), len(results.figures)))

    results = evaluate(["cpt-static"], tasks, lambda _: None, save)
    assert [complete for complete, _, _ in saved] == [
        ["words"],
        ["words", "stsb-dev"],
        ["words", "stsb-dev", "mr"],
    ]
    assert [unfinished for _, unfinished, _ in saved] == [["stsb-dev", "mr"], ["mr"], []]
    assert [figures for _, _, figures in saved] == [9, 10, 11]
    assert len(results.figures) == 11


def test_a_stopped_run_keeps_the_sets_that_are_done(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[Part]:
        raise KeyboardInterrupt

    def with_failing_last(*arguments: object) -> list[Task]:
        *first, last = tasks_below(data, ["docstring-valid", "words"])
        return [*first, Task(last.name, last.files, last.read, fail)]

    monkeypatch.setattr("cpt_training.evaluation.tasks.tasks_below", with_failing_last)
    out = tmp_path / "report"
    with suppress(KeyboardInterrupt):
        run(app, ["cpt-static", "--data", str(data), "--out", str(out)], NAME)
    record = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert record["sets"] == {"complete": ["docstring-valid"], "unfinished": ["words"]}
    assert {f["set"] for f in record["figures"]} == {"docstring-valid"}
    assert [speed["system"] for speed in record["speed"]] == ["BM25", "cpt-static"]
    assert "not complete: words" in (out / "report.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "results.json"]


def test_rows_that_are_left_out_are_said_everywhere(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (data / "words" / "corpus.jsonl").open("a", encoding="utf-8") as lines:
        lines.write('{"_id": "void", "text": ""}\n')
    out = tmp_path / "report"
    arguments = ["cpt-static", "--data", str(data), "--sets", "words", "--out", str(out)]
    assert run(app, arguments, NAME) == 0
    note = "blank documents left out: 1"
    assert f"words: {note}" in capsys.readouterr().out
    assert f"words: {note}" in (out / "report.html").read_text(encoding="utf-8")
    record = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert record["notes"] == {"words": [note]}
