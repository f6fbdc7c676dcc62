"""Probes and correlation on data whose answer is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.probes import measure_probe, probe_files, read_probe
from cpt_training.evaluation.similarity import correlation, measure_similarity, read_similarity

Write = Callable[..., None]


def test_a_probe_learns_what_one_word_tells(data: Path, embedder: Embedder) -> None:
    files = probe_files(data / "senteval")
    for task in ("mr", "sst2"):
        [figure, *_] = measure_probe(read_probe(task, files[task]), [embedder])
        assert figure.measure == "linear probe"
        assert figure.estimate.units == 60
        assert figure.estimate.value > 0.95


def test_a_probe_learns_nothing_from_random_labels(
    tmp_path: Path, embedder: Embedder, write: Write
) -> None:
    labels = np.random.default_rng(0).permutation([0, 1] * 100)
    rows = [{"label": int(y), "text": f"word{i} same"} for i, y in enumerate(labels)]
    write(tmp_path / "mr.jsonl", rows)
    [figure] = measure_probe(read_probe("mr", [tmp_path / "mr.jsonl"]), [embedder])
    assert 0.3 < figure.estimate.value < 0.7


def test_sst2_has_neighbours_and_zero_shot_too(data: Path, embedder: Embedder) -> None:
    files = probe_files(data / "senteval")["sst2"]
    measures = [f.measure for f in measure_probe(read_probe("sst2", files), [embedder])]
    assert measures == ["linear probe", "kNN (256)", "zero-shot"]


def test_zero_shot_takes_the_label_whose_description_is_nearest(
    tmp_path: Path, embedder: Embedder, write: Write
) -> None:
    rows = [
        {"label": i % 2, "text": f"{('negative', 'positive')[i % 2]} review {i}"} for i in range(40)
    ]
    paths = [tmp_path / f"sst2_{split}.jsonl" for split in ("train", "dev", "test")]
    for path in paths:
        write(path, rows)
    figures = measure_probe(read_probe("sst2", paths), [embedder])
    assert {f.measure: f.estimate.value for f in figures}["zero-shot"] == 1


def test_pairs_are_judged_from_both_sentences(
    tmp_path: Path, embedder: Embedder, write: Write
) -> None:
    rows = [
        {"label": i % 2, "sentence1": f"w{i} x", "sentence2": f"w{i} x" if i % 2 else "other y"}
        for i in range(60)
    ]
    paths = [tmp_path / f"mrpc_{split}.jsonl" for split in ("train", "val", "test")]
    for path in paths:
        write(path, rows)
    [figure] = measure_probe(read_probe("mrpc", paths), [embedder])
    assert figure.estimate.value > 0.95


def test_spearman_sees_the_order_alone(data: Path, embedder: Embedder) -> None:
    [figure] = measure_similarity(read_similarity(data / "stsb-dev.jsonl"), [embedder])
    assert figure.estimate.value == pytest.approx(1, abs=0.02)
    gold = np.arange(50, dtype=np.float64)
    down = (-gold).astype(np.float32) ** 3
    assert correlation(gold, down).value == pytest.approx(-1)
