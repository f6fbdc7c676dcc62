"""Sentence classification from frozen vectors: SentEval's linear probes, kNN and zero-shot.

Conneau and Kiela (2018, "SentEval"): MR, CR and SUBJ in ten folds, SST-2 and MRPC on their own
test splits, MRPC from ``|u - v|`` and ``u * v``. A logistic regression's strength is chosen on
rows that it is not tested on. kNN and zero-shot on SST-2 are those of Neelakantan et al. (2022,
"Text and Code Embeddings by Contrastive Pre-Training"): the training set's nearest neighbours vote;
a sentence gets the label whose description is nearest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.model_selection import StratifiedKFold  # type: ignore[import-untyped]
from sklearn.neighbors import KNeighborsClassifier  # type: ignore[import-untyped]

from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate import Estimate, estimate_mean
from cpt_training.evaluation.embed import Embedder, Matrix
from cpt_training.evaluation.figures import Figure, compare
from cpt_training.evaluation.rows import json_rows

CLASSIFICATION = "classification"
FOLDED = ("mr", "cr", "subj")
SPLIT = {"sst2": ("train", "dev", "test"), "mrpc": ("train", "val", "test")}
STRENGTHS = (1.0, 10.0, 100.0)
FOLDS = 10
NEIGHBOURS = 256
DESCRIPTIONS = (
    "this is an example of a negative movie review.",
    "this is an example of a positive movie review.",
)
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """Labelled rows as read: one text each, or two."""

    texts: list[tuple[str, ...]]
    labels: Labels


@dataclass(frozen=True, slots=True)
class ProbeData:
    """One task: its one file to be folded, or its training, tuning and test splits."""

    task: str
    splits: list[Split]


@dataclass(frozen=True, slots=True)
class Features:
    """Labelled rows as a classifier sees them."""

    rows: Matrix
    labels: Labels

    def take(self, places: NDArray[np.intp]) -> Features:
        """Some of the rows."""
        return Features(self.rows[places], self.labels[places])


def probe_files(folder: Path) -> dict[str, list[Path]]:
    """The files of every classification task that ``folder`` holds."""
    tasks = {name: [folder / f"{name}.jsonl"] for name in FOLDED}
    for name, splits in SPLIT.items():
        tasks[name] = [folder / f"{name}_{split}.jsonl" for split in splits]
    return {name: files for name, files in tasks.items() if any(f.is_file() for f in files)}


def read_probe(task: str, files: Sequence[Path]) -> ProbeData:
    """Read and check one task."""
    return ProbeData(task, [_read(path, pairs=task == "mrpc") for path in files])


def measure_probe(data: ProbeData, embedders: Sequence[Embedder]) -> list[Figure]:
    """Accuracy of every model on one task."""
    measures: dict[str, dict[str, Estimate]] = {}
    for embedder in embedders:
        splits = [Features(_vectors(split, embedder), split.labels) for split in data.splits]
        correct = {"linear probe": (_folded if data.task in FOLDED else _on_own_test)(splits)}
        if data.task == "sst2":
            correct[f"kNN ({NEIGHBOURS})"] = _by_neighbours(splits[0], splits[-1])
            correct["zero-shot"] = _zero_shot(splits[-1], embedder)
        for measure, values in correct.items():
            estimate = estimate_mean(values.astype(np.float64))
            measures.setdefault(measure, {})[embedder.name] = estimate
    return [
        figure
        for measure, systems in measures.items()
        for figure in compare(CLASSIFICATION, data.task, measure, systems, embedders[0].name)
    ]


def _read(path: Path, *, pairs: bool) -> Split:
    names = ("sentence1", "sentence2") if pairs else ("text",)
    rows = list(json_rows(path, {"label": int, **dict.fromkeys(names, str)}))
    labels = np.asarray([row["label"] for row in rows], dtype=np.int64)
    counts = {int(label): int((labels == label).sum()) for label in np.unique(labels)}
    if set(counts) != {0, 1} or min(counts.values()) < FOLDS:
        raise InvalidInputError(
            f"{path} holds these labels, so many times each: {counts}.",
            expected=f"the labels 0 and 1, each at least {FOLDS} times",
            remedy="restore the file, or leave the set out with --sets",
        )
    return Split([tuple(row[name] for name in names) for row in rows], labels)


def _vectors(split: Split, embedder: Embedder) -> Matrix:
    sides = [embedder.sentences(list(side)) for side in zip(*split.texts, strict=True)]
    if len(sides) == 1:
        return sides[0]
    return np.hstack([np.abs(sides[0] - sides[1]), sides[0] * sides[1]])


def _folded(splits: Sequence[Features]) -> NDArray[np.bool_]:
    """Each fold is tested by a probe that the next fold tuned and the others trained."""
    [data] = splits
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    tests = [test for _, test in folds.split(data.rows, data.labels)]
    correct = np.zeros(len(data.labels), dtype=bool)
    for i, test in enumerate(tests):
        tuning = tests[(i + 1) % FOLDS]
        training = np.setdiff1d(np.arange(len(data.labels)), np.concatenate([test, tuning]))
        parts = data.take(training), data.take(tuning), data.take(test)
        correct[test] = _on_own_test(parts)
    return correct


def _on_own_test(splits: Sequence[Features]) -> NDArray[np.bool_]:
    training, tuning, test = splits
    probes = []
    for strength in STRENGTHS:
        probe = LogisticRegression(C=strength, max_iter=1000)
        probe.fit(training.rows, training.labels)
        probes.append(probe)
    best = max(probes, key=lambda probe: float(probe.score(tuning.rows, tuning.labels)))
    return np.asarray(best.predict(test.rows) == test.labels)


def _by_neighbours(training: Features, test: Features) -> NDArray[np.bool_]:
    # Between unit rows the Euclidean order is the cosine's.
    votes = KNeighborsClassifier(min(NEIGHBOURS, len(training.labels)), algorithm="brute")
    votes.fit(training.rows, training.labels)
    return np.asarray(votes.predict(test.rows) == test.labels)


def _zero_shot(test: Features, embedder: Embedder) -> NDArray[np.bool_]:
    nearest = (test.rows @ embedder.queries(DESCRIPTIONS).T).argmax(axis=1)
    return np.asarray(nearest == test.labels)
