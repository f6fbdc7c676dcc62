"""The command under torchrun: a decoder's adapters, on two processes and on one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from cpt_training.config import load_config
from cpt_training.supervised.triplets import Triplet, write_triplets
from cpt_training.train import train

CONFIG = """
name = "two"
seed = 3

[transformer]
start = "{start}"
random_weights = false
layers = 2
pooling = "lasttoken"
delimiters = true
attention = "bidirectional"

[lora]
rank = 4
alpha = 8
targets = ["q_proj", "v_proj", "down_proj"]

[data]
triplets = "{triplets}"
query_tokens = 16
document_tokens = 32
validation_pairs = 12

[optimisation]
batch = 12
mini_batch = 4
examples = 48
learning_rate = 0.02
weight_decay = 0.0
warmup = 0.0
scale = 20.0
validations = 2
"""


def test_a_decoder_is_trained_alike_on_two_processes_and_on_one(
    decoder: Path, tmp_path: Path
) -> None:
    verbs, nouns = ("open", "close", "read", "sort", "copy", "move"), ("file", "socket", "table")
    triplets, config = tmp_path / "triplets.jsonl", tmp_path / "two.toml"
    write_triplets(
        triplets,
        (
            Triplet(f"{v.title()} the {n}.", f"def {v}_{n}(self): return self.{n}s.{v}()", ())
            for v in (*verbs, "merge", "split")
            for n in nouns
        ),
    )
    config.write_text(
        CONFIG.format(start=decoder.as_posix(), triplets=triplets.as_posix()), encoding="utf-8"
    )
    torchrun = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = ["-m", "cpt_training.train", str(config), "--out", str(tmp_path / "two")]
    done = subprocess.run(
        [sys.executable, "-m", *torchrun, *command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    train(load_config(str(config)), None, tmp_path / "one")
    one, two, start = (
        load_file(folder / "model.safetensors")
        for folder in (tmp_path / "one", tmp_path / "two", decoder)
    )
    assert one.keys() == two.keys()
    for name, weight in one.items():
        np.testing.assert_allclose(two[name], weight, atol=2e-3)
    moved = max(np.abs(one[name] - start[f"model.{name}"]).max() for name in one)
    assert moved > 0.05
    curves = [
        json.loads((tmp_path / name / "training.json").read_text())["curve"]
        for name in ("one", "two")
    ]
    for row, other in zip(*curves, strict=True):
        assert other["mrr"] == row["mrr"]
        assert abs(other.get("loss", 0) - row.get("loss", 0)) < 1e-3
