"""What a person can do with the three wheels and nothing else; run by ``make release``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

SOURCE = (
    'def retry_delay(attempt: int) -> float:\n    """Seconds to wait."""\n    return 2.0**attempt\n'
)
QUESTION = "how long to wait before a retry"


def main() -> None:
    """Ingest, search from the command line and through both adapters, from the wheels alone."""
    import cpt_rag

    here = Path(__file__).resolve().parents[2]
    assert not Path(cpt_rag.__file__).is_relative_to(here), "the checkout itself was imported"
    versions = {name: version(name) for name in ("cpt-rag", "langchain-cpt", "llama-index-cpt")}
    assert len(set(versions.values())) == 1, versions
    with tempfile.TemporaryDirectory() as made:
        project, store = Path(made) / "project", Path(made) / "store"
        project.mkdir()
        (project / "retry.py").write_text(SOURCE, encoding="utf-8")
        command_line(project, store)
        langchain(store)
        llama_index(store)
    sys.stdout.write(f"the wheels of {versions['cpt-rag']} work\n")


def command_line(project: Path, store: Path) -> None:
    """``cpt-rag ingest`` and ``search``."""
    command = Path(sys.executable).with_name("cpt-rag")
    options = ["--collection", "docs", "--store", str(store)]
    subprocess.run([command, "ingest", project, *options], check=True)
    found = subprocess.run(
        [command, "search", QUESTION, *options], check=True, capture_output=True, text=True
    )
    assert "retry.py:1-3" in found.stdout, found.stdout


def langchain(store: Path) -> None:
    """LangChain's retriever."""
    from langchain_cpt import CptRetriever

    with CptRetriever(collection="docs", store=str(store), k=1) as retriever:
        (document,) = retriever.invoke(QUESTION)
    assert document.metadata["path"] == "retry.py"


def llama_index(store: Path) -> None:
    """LlamaIndex's retriever."""
    from llama_index.retrievers.cpt import CptRetriever

    with CptRetriever(collection="docs", store=str(store), similarity_top_k=1) as retriever:
        (found,) = retriever.retrieve(QUESTION)
    assert found.metadata["path"] == "retry.py"


if __name__ == "__main__":
    main()
