"""What docs/other-readers.md shows runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from qdrant_client import QdrantClient

import cpt_rag
from cpt_rag.qdrant import ServerStore
from tests.cross_read.writers import ANSWER, ENCODER, write_bare

PAGE = Path(__file__).resolve().parents[2] / "docs" / "other-readers.md"


def test_every_snippet_of_the_page_runs(
    client: QdrantClient, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "cards.md").write_text(ANSWER, encoding="utf-8")
    cpt_rag.ingest(project, collection="docs", store=ServerStore(client), encoder=ENCODER)
    write_bare(client, project, name="theirs")
    names: dict[str, Any] = {"client": client}
    snippets = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    printed = []
    for snippet in snippets:
        exec(snippet, names)
        printed.append(capsys.readouterr().out)
    langchain, llama_index, _, _, theirs = printed
    assert f"shop/cards.md {ANSWER}" in langchain
    assert f"shop/cards.md {ANSWER}" in llama_index
    assert theirs.startswith(f"by vectors and words\ndocs/payment.md {ANSWER}")
    chunks = [record.payload["page_content"] for record in names["records"]]
    assert sorted(node.get_content() for node in names["nodes"]) == sorted(chunks)
    assert ANSWER in chunks
