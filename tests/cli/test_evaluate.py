"""``cpt-rag evaluate``: tables for people, one object for programs, files on demand."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cpt_rag.cli.main import NAME, app
from cpt_rag.cli.run import run

TOPICS = "apple bridge candle desert engine falcon garden harbour island jacket kettle lantern"
CODE = '''\
def weigh_{0}(size):
    """Tell how heavy one {0} is."""
    first = size * 2
    second = first + 1
    return {0}_scale(first, second)
'''
FIELDS = {
    "path", "encoder", "files", "chunks", "queries", "left_out", "changelogs", "figures", "fusion",
    "notes",
}  # fmt: skip

Evaluate = Callable[..., tuple[int, str, str]]


@pytest.fixture
def evaluate(capsys: pytest.CaptureFixture[str]) -> Evaluate:
    def call(*arguments: object) -> tuple[int, str, str]:
        code = run(app, ["evaluate", *map(str, arguments)], NAME)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    for topic in TOPICS.split():
        (folder / f"{topic}.py").write_text(CODE.format(topic), encoding="utf-8")
    return folder


def without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)


def test_a_person_gets_a_table_and_is_told_what_is_left_out(evaluate: Evaluate, code: Path) -> None:
    exit_code, out, _ = evaluate(code)
    assert exit_code == 0
    for said in ("dense", "sparse", "fused", "ranked", "docstring", "symbol", "fusion weights"):
        assert said in out
    assert "commit is left out: there is no git history" in out
    assert "heading is left out: 0 found, at least 10 needed" in out


def test_json_is_one_object_and_nothing_else(evaluate: Evaluate, code: Path) -> None:
    exit_code, out, _ = evaluate(code, "--json", "--queries", 10)
    [line] = out.splitlines()
    found = json.loads(line)
    assert exit_code == 0
    assert found.keys() == FIELDS
    assert found["queries"] == {"docstring": 10, "symbol": 10}
    assert found["left_out"].keys() == {"heading", "commit"}
    # Two classes and their mean, four arms, three measures.
    assert len(found["figures"]) == 3 * 4 * 3
    for figure in found["figures"]:
        assert figure["low"] <= figure["value"] <= figure["high"]
        assert ("gain" in figure) == (figure["arm"] != "ranked")
    assert found["fusion"].keys() == {"weights", "proposed", "chosen_on", "gains"}


def test_out_is_a_folder_with_results_and_a_plot(
    evaluate: Evaluate, code: Path, tmp_path: Path
) -> None:
    out = tmp_path / "deep" / "out"
    exit_code, printed, err = evaluate(code, "--out", out, "--json")
    assert exit_code == 0
    assert "results.json" in err
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert json.loads(printed) == {name: results[name] for name in FIELDS}
    assert len(results["asked"]) == 24
    one = results["asked"][0]
    assert one["query"] == "Tell how heavy one apple is."
    assert one["ranks"].keys() == {"dense", "sparse", "fused", "ranked"}
    assert (out / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_all_but_the_plot_is_there(
    evaluate: Evaluate, code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_matplotlib(monkeypatch)
    exit_code, printed, err = evaluate(code, "--out", tmp_path / "out")
    assert exit_code == 2
    assert "docstring" in printed
    assert 'pip install "cpt-rag[plot]"' in err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["results.json"]


def test_an_encoder_can_be_named(evaluate: Evaluate, code: Path) -> None:
    assert json.loads(evaluate(code, "--encoder", "cpt-static", "--json")[1])["encoder"] == (
        "cpt-static"
    )
    exit_code, _, err = evaluate(code, "--encoder", "no-such-encoder")
    assert exit_code == 2
    assert "no-such-encoder" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "does not exist"),
        (["work/apple.py"], "is a file"),
        (["empty"], "holds no text"),
        (["poor"], "too few queries"),
        (["work", "--queries", 3], "3 queries of a class"),
        (["work", "--out", "work/apple.py"], "cannot be made"),
    ],
)
def test_bad_input_is_answered_with_a_remedy(
    evaluate: Evaluate,
    code: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[object],
    said: str,
) -> None:
    monkeypatch.chdir(code.parent)
    Path("empty").mkdir()
    Path("poor").mkdir()
    Path("poor/a.txt").write_text("One line of text.\n", encoding="utf-8")
    exit_code, out, err = evaluate(*arguments)
    assert (exit_code, out) == (2, "")
    assert said in err
    assert "Remedy: " in err
