"""The command line: what it prints, on which stream, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import cpt_rag
from cpt_rag.cli.main import NAME, app
from cpt_rag.cli.run import run as run_app

HIT_FIELDS = {
    "root", "path", "start_line", "end_line", "text", "score", "symbol", "kind", "language",
    "start", "end", "id", "metadata", "why",
}  # fmt: skip
REPORT_FIELDS = {
    "files",
    "indexed",
    "unchanged",
    "removed",
    "skipped",
    "skipped_paths",
    "recoded",
    "chunks",
    "reused",
    "described",
    "seconds",
}

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    def call(*arguments: object, store: object = tmp_path / "store") -> tuple[int, str, str]:
        capsys.readouterr()
        code = run_app(app, [*map(str, arguments), "--store", str(store)], NAME)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def filled(cli: Cli, project: Path) -> Cli:
    assert cli("ingest", project, "--collection", "docs")[0] == 0
    return cli


def objects(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_ingest_takes_descriptions_and_names_a_line_that_is_none(
    cli: Cli, project: Path, tmp_path: Path
) -> None:
    file = tmp_path / "descriptions.jsonl"
    arguments = ("ingest", project, "--collection", "docs", "--descriptions", file, "--json")
    file.write_text("{}\n", encoding="utf-8")
    code, _, err = cli(*arguments)
    assert code != 0
    assert "line 1 of" in err
    file.write_text("", encoding="utf-8")
    code, out, _ = cli(*arguments)
    assert (code, objects(out)[0]["described"]) == (0, 0)
    with cpt_rag.open_collection("docs", tmp_path / "store") as docs:
        assert docs.engine.spec.described


def test_ingest_with_json_prints_the_report_alone(cli: Cli, project: Path) -> None:
    code, out, _ = cli("ingest", project, "--collection", "docs", "--json")
    (report,) = objects(out)
    assert code == 0
    assert report.keys() == REPORT_FIELDS
    assert (report["files"], report["indexed"], report["skipped"]) == (3, 3, {})


def test_ingest_tells_a_person_the_same(cli: Cli, project: Path) -> None:
    code, out, _ = cli("ingest", project, "--collection", "docs")
    assert code == 0
    assert "docs: 3 files, 3 indexed, 0 unchanged, 0 removed, 0 skipped" in out


def test_ingest_names_files_that_it_leaves_out(cli: Cli, project: Path) -> None:
    for number in range(25):
        (project / f"{number:02}.bin").write_bytes(b"\0\1")
    (project / "alt.txt").write_bytes("Größe".encode("latin-1"))
    _, out, _ = cli("ingest", project, "--collection", "docs", "--json")
    (report,) = objects(out)
    assert report["skipped"] == {"binary": 25}
    assert report["skipped_paths"] == {"binary": [f"{number:02}.bin" for number in range(20)]}
    assert report["recoded"] == {"cp1252": 1}
    _, out, _ = cli("ingest", project, "--collection", "docs")
    assert "25 binary  00.bin, 01.bin, 02.bin and 22 more" in out


def test_a_missing_extra_is_named_in_full(cli: Cli, project: Path) -> None:
    (project / "paper.pdf").write_bytes(b"%PDF-1.4\n")
    with patch("cpt_rag.ingest.pdf.find_spec", return_value=None):
        _, out, _ = cli("ingest", project, "--collection", "docs")
    assert "1 needs cpt-rag[pdf]  paper.pdf" in out


HOSTILE = "a\x1b[2J\n\u202e\x9b1m[bold]b.txt"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_a_name_does_not_steer_the_terminal(cli: Cli, project: Path) -> None:
    for name in (HOSTILE, f"{HOSTILE}.bin"):
        (project / name).write_text("zebra crossings\n" if name == HOSTILE else "\0\1")
    shown = "a\u241b[2J\u240a<U+202E><U+009B>1m[bold]b.txt"
    _, out, _ = cli("ingest", project, "--collection", "docs")
    assert f"binary  {shown}.bin\n" in out
    _, out, _ = cli("search", "zebra crossings", "-c", "docs", "--limit", 1)
    assert out.startswith(f"{shown}:1-1")
    _, out, _ = cli("context", "zebra crossings", "-c", "docs", "--limit", 1)
    assert shown in out
    assert not set("\x1b\u202e\x9b") & set(out)


def test_search_with_json_prints_one_hit_a_line(filled: Cli) -> None:
    code, out, _ = filled("search", "mail a receipt", "-c", "docs", "--limit", 2, "--json")
    hits = objects(out)
    assert code == 0
    assert len(hits) == 2
    assert all(hit.keys() == HIT_FIELDS for hit in hits)
    assert hits[0]["path"] == "shop/mail.go"
    assert hits[0]["root"] == "shop"


def test_search_shows_a_person_place_symbol_score_and_lines(filled: Cli) -> None:
    code, out, _ = filled("search", "SendReceipt", "--collection", "docs", "--limit", 1)
    assert code == 0
    assert "shop/mail.go:3-6" in out
    assert "SendReceipt" in out
    assert "3  // SendReceipt mails the receipt to the customer." in out


def test_search_explains_its_scores(filled: Cli) -> None:
    code, out, _ = filled("search", "SendReceipt", "-c", "docs", "-n", 1, "--explain")
    assert code == 0
    assert "fused" in out
    assert "definition 3" in out


def test_search_is_filtered(filled: Cli) -> None:
    code, out, _ = filled(
        "search", "receipt", "-c", "docs", "-f", "language=go", "-f", "language=markdown", "--json"
    )
    assert code == 0
    assert {hit["path"] for hit in objects(out)} == {"shop/mail.go", "README.md"}


@pytest.mark.parametrize("wrong", ["go", "language=", "=go", "colour=red"])
def test_a_filter_that_says_nothing_is_refused(filled: Cli, wrong: str) -> None:
    code, out, err = filled("search", "receipt", "-c", "docs", "--filter", wrong)
    assert (code, out) == (2, "")
    assert "filter" in err
    assert "Expected" in err


def test_nothing_found_is_exit_code_1(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    assert cli("ingest", tmp_path / "bare", "--collection", "empty")[0] == 0
    assert cli("search", "anything", "--collection", "empty", "--json")[:2] == (1, "")


def test_list_status_and_delete(filled: Cli) -> None:
    assert filled("list")[:2] == (0, "docs\n")
    assert objects(filled("list", "--json")[1]) == [{"collection": "docs"}]
    (status,) = objects(filled("status", "--json")[1])
    assert (status["collection"], status["files"]) == ("docs", 3)
    assert status["encoder"] == "cpt-static"
    assert list(status["roots"]) == ["shop"]
    assert "3 files" in filled("status", "--collection", "docs")[1]
    assert filled("delete", "--collection", "docs", "--yes")[0] == 0
    assert filled("list")[1] == ""


def test_delete_asks_first(filled: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.confirm", lambda question: False)
    code, _, err = filled("delete", "--collection", "docs")
    assert code == 2
    assert "Nothing was deleted" in err
    assert filled("list")[1] == "docs\n"
    monkeypatch.setattr("typer.confirm", lambda question: True)
    assert filled("delete", "--collection", "docs")[0] == 0
    assert filled("list")[1] == ""


def test_a_damaged_collection_does_not_hide_the_others(
    filled: Cli, project: Path, tmp_path: Path
) -> None:
    assert filled("ingest", project, "--collection", "broken")[0] == 0
    (tmp_path / "store" / "broken").write_text("no pointer", encoding="utf-8")
    code, out, err = filled("status", "--json")
    assert code == 2
    assert [row["collection"] for row in objects(out)] == ["docs"]
    assert "broken" in err


def test_an_interrupt_says_how_to_go_on(filled: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cpt_rag.retrieve.search", interrupted)
    code, _, err = filled("search", "x", "--collection", "docs")
    assert code == 130
    assert "Run the same command again" in err


def test_snippets_are_shown_as_they_are_and_cannot_steer_the_terminal(
    cli: Cli, tmp_path: Path
) -> None:
    (tmp_path / "odd").mkdir()
    text = "first :warning: [bold]line[/bold]\n\x1b[31mred\x0cfed\nthird\n"
    (tmp_path / "odd" / "a.txt").write_text(text, encoding="utf-8")
    cli("ingest", tmp_path / "odd", "--collection", "docs")
    _, out, _ = cli("search", "warning line", "--collection", "docs")
    assert "     1  first :warning: [bold]line[/bold]\n" in out
    assert "     2  \u241b[31mred\u240cfed\n" in out
    assert "     3  third\n" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ingest", "no/such/path", "--collection", "docs"], "does not exist"),
        (["ingest", ".", "--collection", "../up"], "'../up'"),
        (["search", "x", "--collection", "nope"], "no collection 'nope'"),
        (["search", " ", "--collection", "docs"], "query is empty"),
        (["search", "caf\udce9", "--collection", "docs"], "not valid Unicode"),
        (["search", "x", "--collection", "docs", "--limit", "0"], "limit is 0"),
        (["search", "x", "--collection", "docs", "--limit", "9" * 20], "1 to 100,000"),
        (["ingest", ".", "--collection", "docs", "--as", ""], "cannot be called"),
        (["status", "--collection", "nope"], "no collection 'nope'"),
        (["delete", "--collection", "nope", "--yes"], "no collection 'nope'"),
        (["search", "x"], "--collection"),
        (["frobnicate"], "frobnicate"),
        (["ingest", ".", "--collection", "docs", "--encoder", "gpt-9"], "gpt-9"),
    ],
)
def test_bad_use_is_exit_code_2_with_a_message_and_a_clean_stdout(
    cli: Cli, arguments: list[str], said: str
) -> None:
    code, out, err = cli(*arguments)
    assert code == 2
    assert out == ""
    assert said in err.replace("\n", " ")
    assert "Traceback" not in err


def test_a_server_that_does_not_answer_is_exit_code_2(cli: Cli, project: Path) -> None:
    code, _, err = cli("ingest", project, "--collection", "docs", store="http://127.0.0.1:9")
    assert code == 2
    assert "127.0.0.1:9" in err


def test_an_unexpected_error_shows_its_traceback_only_with_debug(
    filled: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("cpt_rag.retrieve.search", broken)
    code, _, err = filled("search", "x", "--collection", "docs")
    assert code == 2
    assert "boom" in err
    assert "Traceback" not in err
    assert run_app(app, ["search", "x", "--collection", "docs"], NAME, debug=True) == 2
    assert "Traceback" in capsys.readouterr().err


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cpt_rag.cli", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, env=os.environ | environment, check=False
    )


def test_the_store_is_in_the_users_data_folder_by_default(project: Path, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    home["LOCALAPPDATA"] = str(tmp_path / "data")
    assert run("ingest", project, "--collection", "docs", **home).returncode == 0
    done = run("search", "receipt", "--collection", "docs", "--json", **home)
    assert done.returncode == 0
    assert objects(done.stdout)[0]["path"] == "shop/mail.go"
    assert done.stderr == ""


def test_help_names_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    for command in ("ingest", "search", "context", "evaluate", "status", "list", "delete"):
        assert command in done.stdout


def test_commands_of_other_packages_are_found_by_their_entry_point() -> None:
    assert "train" in run("--help").stdout
    assert "configs/" in run("train", "--help").stdout


def test_a_plugins_missing_extra_is_named(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    assert run_app(app, ["train", "cpt_static"], NAME) == 2
    assert 'pip install "cpt-rag[train]"' in capsys.readouterr().err


def test_json_is_ascii_so_that_any_pipe_can_carry_it(filled: Cli, tmp_path: Path) -> None:
    (tmp_path / "shop" / "cafe.md").write_text("# Caf\u00e9\n\nOpen late.\n", encoding="utf-8")
    filled("ingest", tmp_path / "shop", "--collection", "docs")
    _, out, _ = filled("search", "caf\u00e9 open late", "--collection", "docs", "--json")
    assert out.isascii()
    assert any("Caf\u00e9" in hit["text"] for hit in objects(out))


def test_debug_after_a_double_dash_is_a_query(project: Path, tmp_path: Path) -> None:
    store = ("--collection", "docs", "--store", tmp_path / "s")
    assert run("ingest", project, *store).returncode == 0
    done = run("search", *store, "--json", "--", "--debug")
    assert done.returncode == 0, done.stderr
    assert done.stdout
