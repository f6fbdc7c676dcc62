"""``cpt-rag context``: the pack alone on standard output, bad use on the other stream."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import typer

from cpt_rag.cli import context, ingest
from cpt_rag.cli.run import run

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(tmp_path: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    app = typer.Typer()
    app.command("ingest")(ingest.command)
    app.command("context")(context.command)
    store = str(tmp_path / "store")

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(app, [*map(str, arguments), "--store", store], "cpt-rag")
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    assert call("ingest", project, "--collection", "docs")[0] == 0
    return call


def test_it_prints_markdown_and_nothing_else(cli: Cli) -> None:
    code, out, err = cli("context", "mail a receipt", "--collection", "docs", "--limit", 1)
    assert (code, err) == (0, "")
    assert out.startswith("## shop/mail.go:3-6\n\n```go\n")


def test_it_prints_xml_and_json(cli: Cli) -> None:
    _, out, _ = cli("context", "receipt", "-c", "docs", "--format", "xml")
    assert ElementTree.fromstring(out).get("query") == "receipt"
    _, out, _ = cli("context", "receipt", "-c", "docs", "--format", "json")
    assert json.loads(out)["passages"][0]["path"] == "shop/mail.go"


def test_a_smaller_budget_and_a_limit_give_less(cli: Cli) -> None:
    everything = cli("context", "receipt", "-c", "docs")[1]
    assert len(cli("context", "receipt", "-c", "docs", "--max-tokens", 80)[1]) < len(everything)
    assert cli("context", "receipt", "-c", "docs", "--limit", 1)[1].count("## ") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["context", " ", "-c", "docs"], "query is empty"),
        (["context", "x", "-c", "docs", "--max-tokens", "1"], "max_tokens is 1"),
        (["context", "x", "-c", "docs", "--max-tokens", "0"], "max_tokens is 0"),
        (["context", "x", "-c", "docs", "--format", "pdf"], "no format 'pdf'"),
        (["context", "x", "-c", "nope"], "no collection 'nope'"),
        (["context", "x", "-c", "docs", "--limit", "0"], "limit is 0"),
    ],
)
def test_bad_use_is_exit_code_2_with_a_message_and_a_clean_stdout(
    cli: Cli, arguments: list[str], said: str
) -> None:
    code, out, err = cli(*arguments)
    assert code == 2
    assert out == ""
    assert said in err.replace("\n", " ")
    assert "Remedy" in err
