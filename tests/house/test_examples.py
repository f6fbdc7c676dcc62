"""Every example runs as it stands, offline."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# What each says among other things, and what stands before the store in its arguments.
SAYS = {
    "demo.py": "qdrant/lock.py:",
    "hybrid_with_qdrant_client.py": "normalise.py:",
    "ingest_to_server.py": "bm25.py:",
    "langchain_rag.py": "qdrant/lock.py:",
    "llama_index_query.py": "[1] cpt_rag/qdrant/lock.py:",
}
BEFORE = {"langchain_rag.py": ["--store"]}
WITHOUT_STORE = {"hybrid_with_qdrant_client.py"}


def test_every_example_is_tested() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == SAYS.keys()


@pytest.mark.parametrize("name", SAYS)
def test_an_example_runs_and_answers(name: str, tmp_path: Path) -> None:
    store = [] if name in WITHOUT_STORE else [*BEFORE.get(name, []), str(tmp_path / "store")]
    command = [sys.executable, str(EXAMPLES / name), *store]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert SAYS[name] in done.stdout.decode()
