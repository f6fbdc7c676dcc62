"""What the command line does with a collection of another program."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from qdrant_client import QdrantClient

import cpt_rag
from cpt_rag.cli.main import NAME as PROGRAM
from cpt_rag.cli.main import app
from cpt_rag.cli.run import run
from cpt_rag.qdrant import ServerStore
from tests.foreign.conftest import NAME, Write

Cli = Callable[..., tuple[int, str, str]]
PAYLOADS = [{"text": "Cards are charged once an order is packed."}, {"text": "Hash passwords."}]


@pytest.fixture
def cli(
    client: QdrantClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cli:
    monkeypatch.setattr("cpt_rag.collection.open_store", lambda location: ServerStore(client))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(app, [*arguments, "--store", "http://localhost:6333"], PROGRAM)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_search_by_words_alone_says_so_on_standard_error(cli: Cli, write: Write) -> None:
    write(PAYLOADS, vectors=[[1.0, 0.0], [0.0, 1.0]])
    code, out, err = cli("search", "order packed", "--collection", NAME, "--json")
    assert code == 0
    assert [json.loads(line)["text"] for line in out.splitlines()] == [PAYLOADS[0]["text"]]
    assert "by words alone" in err
    code, out, _ = cli("search", "order packed", "--collection", NAME)
    assert (code, out.splitlines()[0].split()[0]) == (0, "1")


def test_search_by_vectors_has_nothing_to_say(cli: Cli, write: Write) -> None:
    write(PAYLOADS, [payload["text"] for payload in PAYLOADS])
    code, out, err = cli("search", "login secrets", "--collection", NAME, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out.splitlines()[0])["text"] == PAYLOADS[1]["text"]


def test_status_and_list_name_it(cli: Cli, write: Write) -> None:
    write(PAYLOADS, vectors=[[1.0, 0.0], [0.0, 1.0]])
    assert cli("list")[1].split() == [NAME]
    assert f"{NAME}: 2 points of another program (2 dimensions)" in cli("status")[1]
    assert json.loads(cli("status", "--json")[1])["encoder"] is None


def test_it_is_neither_filled_nor_deleted(cli: Cli, write: Write, project: Path) -> None:
    write(PAYLOADS, vectors=[[1.0, 0.0], [0.0, 1.0]])
    for command in (("ingest", str(project)), ("delete", "--yes")):
        code, _, err = cli(*command, "--collection", NAME)
        assert code == 2
        assert "was not written by cpt-rag" in err
    assert cli("status")[1].startswith(f"{NAME}: 2 points")


def test_the_document_key_is_for_new_collections_and_then_stays(
    cli: Cli, client: QdrantClient, project: Path
) -> None:
    ingest = ("ingest", str(project), "--collection")
    assert cli(*ingest, "tools", "--document-key")[0] == 0
    (project / "new.md").write_text("A new page.\n", encoding="utf-8")
    assert cli(*ingest, "tools")[0] == 0
    payloads = [record.payload or {} for record in client.scroll("tools", limit=100)[0]]
    texts = [payload for payload in payloads if "page_content" in payload]
    assert any(payload["page_content"] == "A new page.\n" for payload in texts)
    assert all(payload["document"] == payload["page_content"] for payload in texts)


def test_the_document_key_of_a_collection_cannot_be_changed(
    client: QdrantClient, project: Path
) -> None:
    store = ServerStore(client)
    cpt_rag.ingest(project, collection="docs", store=store)
    with pytest.raises(cpt_rag.InvalidInputError, match="without the document key") as caught:
        cpt_rag.ingest(project, collection="docs", store=store, document_key=True)
    assert caught.value.remedy.endswith("--document-key")
