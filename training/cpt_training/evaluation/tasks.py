"""The sets there are: how each is found, read and measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cpt_rag.errors import InvalidInputError
from cpt_training.evaluation.bm25 import Bm25Cost, Bm25Index
from cpt_training.evaluation.dpr import dpr_sets, read_dpr
from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.figures import Part
from cpt_training.evaluation.held_out import measure_held_out, read_held_out
from cpt_training.evaluation.msmarco import msmarco_sets, read_msmarco
from cpt_training.evaluation.pair_ranks import (
    PairScores,
    measure_candidates,
    measure_protocol,
    own_pairs,
)
from cpt_training.evaluation.probes import ProbeData, measure_probe, probe_files, read_probe
from cpt_training.evaluation.retrieval import measure_retrieval
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


@dataclass(frozen=True, slots=True)
class Task:
    """One set: the files that decide it, how they are read, and how systems are measured on it."""

    name: str
    files: Sequence[Path]
    read: Callable[[], Any]
    measure: Callable[[Any, Sequence[Embedder], Bm25Cost], Iterable[Part]]


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
            else "folders of the BEIR layout, MS MARCO's, DPR's, stsb-dev.jsonl or senteval/",
            remedy="choose among them with --sets A,B, or pass another folder with --data",
        )
    return [task for name, task in tasks.items() if not chosen or name in chosen]


def corpus_task(name: str, split: Path, most: int | None = None) -> Task:
    """The held-out docstring pairs of a training corpus, by the CodeSearchNet protocol.

    Args:
        name: the corpus.
        split: its held-out file.
        most: pairs of a language that are measured, all of them by default.
    """
    read = partial(read_held_out, name, split, most)
    return Task(f"{name} test", [split], read, measure_held_out)


def _find(data: Path) -> Iterator[Task]:
    for name, folder in retrieval_folders(data).items():
        files = retrieval_files(folder)
        yield Task(name, files, partial(read_retrieval, name, folder), _retrieve)
    for name, files in msmarco_sets(data):
        yield Task(name, files, partial(read_msmarco, name, files), _retrieve)
    for name, path in dpr_sets(data):
        yield Task(name, [path], partial(read_dpr, name, path), _retrieve)
    path = data / f"{STSB}.jsonl"
    if path.is_file():
        yield Task(STSB, [path], partial(read_similarity, path), _compare_sentences)
    for name, files in probe_files(data / "senteval").items():
        yield Task(name, files, partial(read_probe, name, files), _probe)


def _retrieve(data: RetrievalSet, embedders: Sequence[Embedder], cost: Bm25Cost) -> Iterator[Part]:
    figures = measure_retrieval(data, cost.index(data.documents, data.queries), embedders)
    if data.name in CODE_SEARCH_SETS:
        pairs = own_pairs(data)
        index = Bm25Index(pairs.documents, pairs.queries)
        scores = PairScores(pairs, index, embedders)
        figures += measure_protocol(scores) + measure_candidates(scores)
    yield Part(figures, data.notes)


def _compare_sentences(
    data: SentencePairs, embedders: Sequence[Embedder], _: Bm25Cost
) -> Iterator[Part]:
    yield Part(measure_similarity(data, embedders))


def _probe(data: ProbeData, embedders: Sequence[Embedder], _: Bm25Cost) -> Iterator[Part]:
    yield Part(measure_probe(data, embedders))
