"""The commands from their arguments to the file and what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cpt_rag.cli.run import run
from cpt_training.supervised.__main__ import app
from cpt_training.supervised.triplets import Triplet, read_triplets

from .conftest import HERON, PASSAGES, lines

NAME = "python -m cpt_training.supervised"


def nli_file(path: Path) -> Path:
    heading = ("gold_label", "sentence1", "sentence2")
    rows = [("entailment", "It rains.", "It is wet."), ("neutral", "It rains.", "It is cold.")]
    path.write_text(lines(heading, *rows), encoding="utf-8")
    return path


def test_nli_files_become_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [nli_file(tmp_path / name) for name in ("snli.txt", "multinli.txt")]
    out = tmp_path / "nli.jsonl.gz"
    assert run(app, ["nli", *map(str, files), "--out", str(out)], NAME) == 0
    assert list(read_triplets(out)) == [Triplet("It rains.", "It is wet.", ())]
    assert capsys.readouterr().err.splitlines() == [
        f"Wrote 1 triplets to {out}.",
        "neutral lines left out: 2",
        "repeated lines left out: 1",
    ]


@pytest.mark.parametrize(("options", "negatives"), [([], 1), (["--negatives", "2"], 2)])
def test_an_ms_marco_folder_becomes_one_file(
    folder: Path, tmp_path: Path, options: list[str], negatives: int
) -> None:
    rows = lines((10, 3, 4), (10, 3, 5), (10, 3, 1))
    (folder / "qidpidtriples.train.full.2.tsv").write_text(rows, encoding="utf-8")
    out = tmp_path / "msmarco.jsonl"
    assert run(app, ["msmarco", str(folder), "--out", str(out), *options], NAME) == 0
    *_, last = read_triplets(out)
    assert last == Triplet(HERON, PASSAGES[3], PASSAGES[4:6][:negatives])


def test_what_cannot_be_converted_is_said_and_leaves_no_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "msmarco.jsonl"
    assert run(app, ["msmarco", str(folder), "--out", str(out)], NAME) == 2
    said = capsys.readouterr().err
    assert "holds no file of negatives" in said
    assert "Remedy: " in said
    assert not out.exists()


def test_triplets_without_a_negative_are_no_choice(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["msmarco", str(folder), "--out", str(tmp_path / "x"), "--negatives", "0"]
    assert run(app, arguments, NAME) == 2
    assert "negatives" in capsys.readouterr().err


def test_the_module_runs(tmp_path: Path) -> None:
    source, out = nli_file(tmp_path / "snli.txt"), tmp_path / "nli.jsonl"
    command = [sys.executable, "-m", "cpt_training.supervised", "nli", str(source)]
    subprocess.run([*command, "--out", str(out)], check=True, capture_output=True)
    assert len(list(read_triplets(out))) == 1
