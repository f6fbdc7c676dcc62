"""Every shipped config runs at the size of a toy, offline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sentence_transformers import SentenceTransformer

from cpt_rag.cli.run import run
from cpt_training.cli import train_app
from cpt_training.config import CONFIGS, TrainConfig, load_config
from cpt_training.smoke import smoke
from cpt_training.train import train

SHIPPED = sorted(path.stem for path in CONFIGS.glob("*.toml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_config_gives_a_model_that_sentence_transformers_loads(
    name: str, tmp_path: Path
) -> None:
    small, corpus = smoke(load_config(name), tmp_path)
    train(small, corpus, tmp_path / "out")
    record = json.loads((tmp_path / "out" / "training.json").read_text(encoding="utf-8"))
    assert record["finished"]
    assert record["curve"][-1]["step"] == 2
    model = SentenceTransformer(str(tmp_path / "out"), device="cpu", local_files_only=True)
    assert model.encode(["Open the file.", "def close(self): pass"]).shape == (2, 32)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_toy_keeps_what_a_config_is_made_of(name: str, tmp_path: Path) -> None:
    def shape(config: TrainConfig) -> dict[str, object]:
        """What decides which code runs."""
        return {
            "model": [bool(part) for part in (config.static, config.transformer, config.continued)],
            "pooling": config.transformer and config.transformer.pooling,
            "delimiters": config.transformer and config.transformer.delimiters,
            "attention": config.transformer and config.transformer.attention,
            "adapters": config.lora,
            "projection": config.transformer and bool(config.transformer.projection),
            "teacher": config.teacher and (config.teacher.objective, bool(config.teacher.before)),
            "matching": config.matching and config.matching.weight,
            "kinds": config.data.kinds,
            "one language": config.data.one_language,
            "triplets": bool(config.data.triplets),
            "hard negatives": config.data.hard_negatives,
            "order": config.order,
            "cached": config.optimisation.mini_batch < config.optimisation.batch,
            "matryoshka": bool(config.optimisation.matryoshka),
        }

    config = load_config(name)
    small, corpus = smoke(config, tmp_path)
    assert shape(small) == shape(config)
    assert (corpus is None) == bool(config.data.triplets)


def test_the_command_writes_where_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "python -m cpt_training.train"
    assert run(train_app, ["cpt_static", "--smoke", "--out", "here"], name) == 0
    assert run(train_app, ["cpt_static", "--smoke"], name) == 0
    for folder in ("here", "runs/cpt-static-smoke"):
        assert (tmp_path / folder / "model.safetensors").is_file()


def test_the_command_refuses_an_unknown_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(train_app, ["no_such", "--smoke"], "python -m cpt_training.train") != 0
    assert "There is no config 'no_such'" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


def test_a_toy_runs_on_several_processes(tmp_path: Path) -> None:
    command = ["torch.distributed.run", "--nproc-per-node", "2", "-m", "cpt_training.train"]
    subprocess.run(
        [sys.executable, "-m", *command, "cpt_static", "--smoke", "--out", str(tmp_path)],
        check=True,
        capture_output=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert json.loads((tmp_path / "training.json").read_text(encoding="utf-8"))["finished"]
    assert not (tmp_path / "toy").exists()
