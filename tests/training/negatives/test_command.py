"""Who labels and who decides, as the command line names them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cpt_rag.cli.run import run
from cpt_training.negatives.__main__ import app
from cpt_training.supervised.triplets import Triplet, read_triplets, write_triplets

NAME = "python -m cpt_training.negatives"
# A scripted model: what it says is made up here.
CHAT = """
from langchain_core.language_models import SimpleChatModel

class Scripted(SimpleChatModel):
    model: str = "scripted-1"

    @property
    def _llm_type(self):
        return "scripted"

    def _call(self, messages, *args, **kwargs):
        text = str(messages[-1].text)
        if "yes or no" in text:
            return "yes" if "fetch" in text else "no"
        return "0.9" if "open" in text.split("Code:")[1] else "0.95"

model = Scripted
"""


@pytest.fixture
def here(chat_module: Path) -> Path:
    """A folder with a user's chat.py and one triplet."""
    (chat_module / "chat.py").write_text(CHAT, encoding="utf-8")
    right, near = "def open_it(p):\n    return p", ("def fetch(p): return p", "def shut(p): del p")
    write_triplets(chat_module / "in.jsonl", [Triplet("Open it.", right, near, language="python")])
    return chat_module


def test_a_chat_model_labels_pairs_and_decides_about_those_in_doubt(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["grade", "in.jsonl", "--chat", "chat:model", "--out", "out.jsonl"]
    assert run(app, [*told, "--tree-below", "-1"], NAME) == 0
    (graded,) = read_triplets(here / "out.jsonl")
    # Both are above the answer's own 0.9; the model takes the first alone for an answer.
    assert graded.grades == (1.0, 0.95)
    record = json.loads((here / "out.jsonl.json").read_text(encoding="utf-8"))
    assert record["annotator"].startswith("scripted-1: ")
    assert record["judge"].startswith("scripted-1: ")
    said = capsys.readouterr().err
    assert "1 of 2 negatives may be right answers; no similarity parts wrong pairs" in said
    assert "got no" not in said


def test_somebody_has_to_label(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, ["grade", "in.jsonl", "--out", "out.jsonl"], NAME) == 2
    assert "--model, --chat or both" in capsys.readouterr().err
    assert not (here / "out.jsonl").exists()
