"""The site builds without a warning, its reference is whole, and its snippets run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cpt_rag

HERE = Path(__file__).resolve().parents[2]
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The adapters' own pages, and that on other tools, are run with their tests.
PAGES = [page for page in sorted((HERE / "docs").glob("*.md")) if page.name != "other-readers.md"]
PAGES.append(HERE / "README.md")

SAMPLE = '''"""Retries."""


def retry_delay(attempt: int) -> float:
    """Seconds to wait before the next attempt: doubled each time, at most a minute."""
    return min(60.0, 2.0**attempt)
'''


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(out)],
        cwd=HERE,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return out


def test_the_reference_has_every_public_name(site: Path) -> None:
    page = (site / "reference" / "cpt_rag" / "index.html").read_text(encoding="utf-8")
    anchors = set(re.findall(r'id="cpt_rag[\w.]*?\.(\w+)"', page))
    modules = {"bm25"}  # its functions are named where they are used
    assert set(cpt_rag.__all__) - {"__version__"} - modules <= anchors


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|link|img)[^>]+(?:src|href)="(https?://[^"]+)', page.read_text()
        )
        assert loaded == [], page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HERE)))
def test_the_snippets_of_a_page_run_one_after_another(page: Path, tmp_path: Path) -> None:
    snippets = PYTHON_BLOCK.findall(page.read_text(encoding="utf-8"))
    if not snippets:
        return
    project = tmp_path / "my-project"
    (project / "src").mkdir(parents=True)
    (project / "src" / "retry.py").write_text(SAMPLE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(snippets)],
        cwd=tmp_path,
        env=os.environ
        | {
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path / "data"),
            "HF_HUB_OFFLINE": "1",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{page}\n{done.stderr}"
