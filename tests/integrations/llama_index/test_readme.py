"""What the integration's README shows runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import Settings

README = Path(__file__).parents[3] / "integrations/llama-index-cpt/README.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S)


@pytest.fixture
def reader(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody with a folder ``my-project`` and no network."""
    project.rename(tmp_path / "my-project")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cpt_rag.collection.default_store", lambda: tmp_path / "store")
    monkeypatch.setattr("socket.socket.connect", None)
    monkeypatch.setattr(Settings, "_embed_model", None)


@pytest.mark.usefixtures("reader")
def test_every_snippet_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(SNIPPETS) == 5
    for snippet in SNIPPETS:
        names: dict[str, Any] = {}
        exec(compile(snippet, str(README), "exec"), names)
        assert names.get("nodes", True)
    assert capsys.readouterr().out.startswith("my-project/shop/cart.py ")
