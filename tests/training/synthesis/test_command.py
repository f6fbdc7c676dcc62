"""The commands from their arguments to the files, and from a kill to the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cpt_rag.cli.run import run
from cpt_training.supervised.triplets import read_triplets
from cpt_training.synthesis.__main__ import app
from cpt_training.synthesis.answers import read_answers

NAME = "python -m cpt_training.synthesis"
# A scripted model, which writes down what it is asked and dies at the sixth time if told to. It
# answers as if it had read the code; the words are made up here.
CHAT = """
import os
from pathlib import Path
from langchain_core.language_models import SimpleChatModel

class Scripted(SimpleChatModel):
    model: str = "scripted-1"

    @property
    def _llm_type(self):
        return "scripted"

    def _call(self, messages, *args, **kwargs):
        text = str(messages[-1].text)
        log = Path("asked.txt")
        asked = log.read_text().split("%%") if log.exists() else []
        if os.environ.get("DIES") and len(asked) > 6:
            os._exit(9)
        with log.open("a") as file:
            file.write(f"{text}%%")
        what = "line of a stream" if "stream" in text else "oldest entry of a full cache"
        how = text.split(" ", 3)[:3]
        return f"how to deal with the {what} in python when asked to {' '.join(how)} of it"

model = Scripted
"""


@pytest.fixture
def here(chat_module: Path) -> Path:
    """A folder with a user's chat.py, from which commands are run."""
    (chat_module / "chat.py").write_text(CHAT, encoding="utf-8")
    return chat_module


WRITE = ["write", "code", "--model", "chat:model", "--out", "out"]


def asked(here: Path) -> list[str]:
    return (here / "asked.txt").read_text(encoding="utf-8").removesuffix("%%").split("%%")


def test_a_folder_becomes_triplets(
    here: Path, code: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(app, WRITE, NAME) == 0
    said = capsys.readouterr().err
    assert "2 undocumented functions." in said
    assert "left out, file: test: 1" in said
    assert "8 answered, 0 failed, 0 answered before: 8 requests" in said
    assert run(app, ["filter", "out", "--rank", "1"], NAME) == 0
    said = capsys.readouterr().err
    triplets = list(read_triplets(here / "out" / "triplets.jsonl"))
    assert triplets
    assert f"Wrote {len(triplets)} triplets" in said
    assert "query/1: " in said
    report = json.loads((here / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["models"] == ["scripted-1"]
    assert report["answers"] == 8


def test_a_budget_that_is_spent_is_said_and_the_next_run_goes_on(
    here: Path, code: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(app, [*WRITE, "--requests", "3"], NAME) == 0
    assert "The requests are spent, 5 requests are left" in capsys.readouterr().err
    assert run(app, WRITE, NAME) == 0
    assert "5 answered, 0 failed, 3 answered before" in capsys.readouterr().err
    assert len(asked(here)) == len(set(asked(here))) == 8


def test_a_run_that_is_killed_goes_on_and_asks_nothing_twice(here: Path, code: Path) -> None:
    command = [sys.executable, "-m", "cpt_training.synthesis", *WRITE, "--at-once", "1"]
    killed = subprocess.run(
        command, env={**os.environ, "DIES": "1"}, capture_output=True, check=False
    )
    assert killed.returncode == 9, killed.stderr.decode()
    kept = len(list(read_answers(here / "out" / "answers.jsonl")))
    assert 4 <= kept < 8
    assert run(app, WRITE, NAME) == 0
    assert len(asked(here)) == len(set(asked(here))) == 8
    answers = list(read_answers(here / "out" / "answers.jsonl"))
    assert len(answers) == len({one.key for one in answers}) == 8


def test_a_folder_is_described_and_only_what_is_new_is_asked(
    here: Path, code: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    describe = ["describe", "code", "--model", "chat:model", "--out", "descriptions.jsonl"]
    assert run(app, describe, NAME) == 0
    lines = (here / "descriptions.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all(
        json.loads(line).keys() == {"digest", "description", "model", "prompt"} for line in lines
    )
    assert f"{len(lines)} kept" in capsys.readouterr().err
    before = len(asked(here))
    (code / "new.py").write_text("def grow(cache):\n    cache.size += 1\n", encoding="utf-8")
    assert run(app, describe, NAME) == 0
    assert len(asked(here)) == before + 1


def test_a_model_that_is_not_there_asks_nothing_and_writes_nothing(
    here: Path, code: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["write", "code", "--model", "chat:other", "--out", "out"]
    assert run(app, arguments, NAME) == 2
    assert "Remedy: " in capsys.readouterr().err
    assert not (here / "out").exists()


@pytest.mark.parametrize("absent", ["langchain_core", "datasketch"])
@pytest.mark.parametrize("arguments", [WRITE, ["filter", "out"]], ids=lambda words: str(words[0]))
def test_without_a_dependency_the_extra_is_named(absent: str, arguments: list[str]) -> None:
    # LangChain brings tenacity, so the one is not there without the other.
    program = (
        "import runpy, sys\n"
        f"sys.modules.update(dict.fromkeys([{absent!r}, 'tenacity']))\n"
        "runpy.run_module('cpt_training.synthesis', run_name='__main__')"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 2
    assert f"Synthesis needs {absent}, which is not installed." in done.stderr
    assert '"cpt-rag[synthesis]"' in done.stderr
