"""One evaluation: the chosen sets, every system on each, and what the models cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from cpt_rag.errors import InvalidInputError
from cpt_training.data import TextPair, read_pairs
from cpt_training.evaluation.bm25 import BM25, Bm25Index
from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.figures import Figure, Speed
from cpt_training.evaluation.models import load_models, locate, measure_speed
from cpt_training.evaluation.probes import ProbeData, measure_probe, probe_files, read_probe
from cpt_training.evaluation.provenance import files_hash, provenance
from cpt_training.evaluation.retrieval import measure_pairs, measure_retrieval, own_documents
from cpt_training.evaluation.sets import (
    RetrievalSet,
    read_retrieval,
    retrieval_files,
    retrieval_folders,
)
from cpt_training.evaluation.similarity import (
    STSB,
    SentencePairs,
    measure_similarity,
    read_similarity,
)

CODE_SEARCH_SETS = {"docstring-valid"}
Progress = Callable[[str], None]


@dataclass(slots=True)
class Bm25Cost:
    """Documents that BM25 read in this run, and how long that took."""

    documents: int = 0
    seconds: float = 0.0

    def index(self, documents: Sequence[str]) -> Bm25Index:
        """Index documents, and add what it takes."""
        index = Bm25Index(documents)
        self.documents += len(documents)
        self.seconds += index.seconds
        return index


@dataclass(frozen=True, slots=True)
class Task:
    """One set: the files that decide it, how they are read, and how systems are measured on it."""

    name: str
    files: Sequence[Path]
    read: Callable[[], Any]
    measure: Callable[[Any, Sequence[Embedder], Bm25Cost], list[Figure]]


@dataclass(frozen=True, slots=True)
class Results:
    """What one run found, and under which conditions."""

    figures: list[Figure]
    speeds: list[Speed]
    provenance: dict[str, Any] = field(default_factory=dict)


def evaluate(models: Sequence[str], tasks: Sequence[Task], progress: Progress) -> Results:
    """Every system on every task.

    All sets are read and all models loaded before the first figure, so that what is amiss shows at
    once; a set is then read again when its turn comes, so that memory holds one at a time.
    """
    started = datetime.now(timezone.utc)
    progress("reading")
    for task in tasks:
        task.read()
    data = {task.name: files_hash(task.files) for task in tasks}
    embedders = load_models(models)
    cost = Bm25Cost()
    figures: list[Figure] = []
    for task in tasks:
        progress(task.name)
        figures += task.measure(task.read(), embedders, cost)
    speeds = []
    if cost.documents:
        speeds.append(Speed(BM25, cost.documents, cost.documents / cost.seconds, None, 0.0))
    for embedder, model in zip(embedders, models, strict=True):
        progress(f"cold start of {embedder.name}")
        speeds.append(measure_speed(embedder, locate(model)))
    return Results(figures, speeds, provenance(embedders, data, started))


def tasks_below(data: Path, chosen: Sequence[str]) -> list[Task]:
    """The sets below ``data``, all of them or the chosen ones.

    Raises:
        InvalidInputError: the folder is missing or has no set, or a chosen set is unknown.
    """
    if not data.is_dir():
        raise InvalidInputError(
            f"{data} is no folder.",
            expected="a folder with evaluation sets",
            remedy="pass --data DIR, or set CPT_RAG_DATA",
        )
    tasks: dict[str, Task] = {}
    for task in _find(data):
        if task.name in tasks:
            raise InvalidInputError(
                f"{data} holds two sets called {task.name!r}, one of them at {task.files[0]}.",
                expected="distinct names",
                remedy="rename the folder",
            )
        tasks[task.name] = task
    unknown = [name for name in chosen if name not in tasks]
    if unknown or not tasks:
        raise InvalidInputError(
            f"{data} holds no set called {unknown[0]!r}." if unknown else f"{data} holds no set.",
            expected="one of " + ", ".join(tasks)
            if tasks
            else "folders of the BEIR layout, stsb-dev.jsonl or senteval/",
            remedy="choose among them with --sets A,B, or pass another folder with --data",
        )
    return [task for name, task in tasks.items() if not chosen or name in chosen]


def corpus_task(name: str, split: Path) -> Task:
    """The held-out docstring pairs of a training corpus, by the CodeSearchNet protocol."""

    def measure(
        pairs: list[TextPair], embedders: Sequence[Embedder], cost: Bm25Cost
    ) -> list[Figure]:
        # Shuffled, so that a pool does not hold one package alone.
        order = np.random.default_rng(0).permutation(len(pairs))
        queries = [pairs[i].query for i in order]
        documents = [pairs[i].document for i in order]
        return measure_pairs(f"{name} test", queries, documents, cost.index(documents), embedders)

    return Task(f"{name} test", [split], partial(_held_out, split), measure)


def _held_out(split: Path) -> list[TextPair]:
    pairs = [pair for pair in read_pairs(split) if pair.kind == "docstring_code"]
    if not pairs:
        raise InvalidInputError(
            f"{split} holds no pairs of docstring and code.",
            expected="held-out pairs of the kind docstring_code",
            remedy="evaluate without --corpus, or build another corpus",
        )
    return pairs


def _find(data: Path) -> Iterator[Task]:
    for name, folder in retrieval_folders(data).items():
        files = retrieval_files(folder)
        yield Task(name, files, partial(read_retrieval, name, folder), _retrieve)
    path = data / f"{STSB}.jsonl"
    if path.is_file():
        yield Task(STSB, [path], partial(read_similarity, path), _compare_sentences)
    for name, files in probe_files(data / "senteval").items():
        yield Task(name, files, partial(read_probe, name, files), _probe)


def _retrieve(data: RetrievalSet, embedders: Sequence[Embedder], cost: Bm25Cost) -> list[Figure]:
    figures = measure_retrieval(data, cost.index(data.documents), embedders)
    if data.name in CODE_SEARCH_SETS:
        own = own_documents(data)
        figures += measure_pairs(data.name, data.queries, own, Bm25Index(own), embedders)
    return figures


def _compare_sentences(
    data: SentencePairs, embedders: Sequence[Embedder], _: Bm25Cost
) -> list[Figure]:
    return measure_similarity(data, embedders)


def _probe(data: ProbeData, embedders: Sequence[Embedder], _: Bm25Cost) -> list[Figure]:
    return measure_probe(data, embedders)
