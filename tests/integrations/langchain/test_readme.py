"""The README's snippets run as they stand, from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import cpt_rag
import langchain_cpt

README = Path(__file__).resolve().parents[3] / "integrations" / "langchain-cpt" / "README.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def docs(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``cpt-rag ingest my-project --collection docs``, into a default store of the test's own."""
    monkeypatch.setattr("cpt_rag.collection.default_store", lambda: folder)
    source = tmp_path / "my-project" / "src" / "retry.py"
    source.parent.mkdir(parents=True)
    source.write_text("def retry_delay(attempt):\n    return min(2**attempt, 60)\n")
    cpt_rag.ingest(tmp_path / "my-project", collection="docs")


@pytest.mark.usefixtures("docs")
def test_the_snippets_run(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for snippet in SNIPPETS:
        exec(compile(snippet, str(README), "exec"), names)
    assert capsys.readouterr().out.startswith("src/retry.py:1-2 ")
    assert [document.metadata["symbol"] for document in names["python"]] == ["retry_delay"]


def test_every_public_class_is_shown() -> None:
    assert all(name in "".join(SNIPPETS) for name in langchain_cpt.__all__)
