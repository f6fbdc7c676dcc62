"""Figures of one set: each with its interval and its paired difference from cpt-rag's ranking."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cpt_rag.evaluate import Estimate, estimate_mean
from tests.benchmarks.code_search.measure import Run
from tests.benchmarks.code_search.score import ndcg, ranked_files, recall
from tests.benchmarks.code_search.sets import RANKED_FILES, Repository
from tests.benchmarks.code_search.systems import REFERENCE, SYSTEMS

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A class of fewer queries is printed and not judged.
JUDGED = 2
NDCG = "nDCG@10"
ALL, CLASS, REPOSITORY = "all", "class", "repository"

Score = Callable[[Sequence[str], frozenset[str]], float]
SCORES: dict[str, Score] = {
    NDCG: ndcg,
    "R@1": partial(recall, first=1),
    "R@5": partial(recall, first=5),
    "R@10": partial(recall, first=10),
}


@dataclass(frozen=True, slots=True)
class Results:
    """Runs of one set: of each system, in the order of the repositories."""

    repositories: Sequence[Repository]
    runs: Mapping[str, Sequence[Run]]
    measures: Sequence[str]


def figures(results: Results) -> dict[str, Any]:
    """All that came of it, ready for JSON.

    ``groups`` are those of queries that figures are taken over, ``systems`` hold the figures by
    measure and group, and the cost.
    """
    groups = _groups(results.repositories)
    return {
        "groups": [{"kind": kind, "name": n, "queries": len(r)} for (kind, n), r in groups.items()],
        "systems": {
            name: {
                "label": SYSTEMS[name].label,
                "measures": {m: _by_group(results, name, m, groups) for m in results.measures},
                "cost": _cost(results, name),
            }
            for name in results.runs
        },
        "queries": _queries(results),
    }


def _groups(repositories: Sequence[Repository]) -> dict[tuple[str, str], list[int]]:
    """Rows of queries by kind and name of group: classes from the largest, then repositories."""
    asked = [(r.name, query.category) for r in repositories for query in r.queries]
    classes: dict[tuple[str, str], list[int]] = {}
    folders: dict[tuple[str, str], list[int]] = {}
    for row, (name, category) in enumerate(asked):
        classes.setdefault((CLASS, category), []).append(row)
        folders.setdefault((REPOSITORY, name), []).append(row)
    largest = sorted(classes, key=lambda group: -len(classes[group]))
    everything = {(ALL, ALL): list(range(len(asked)))}
    return everything | {group: classes[group] for group in largest} | folders


def _values(results: Results, system: str, measure: str) -> NDArray[np.float64]:
    """One value for each query, in the order of the repositories."""
    score = SCORES[measure]
    pairs = zip(results.repositories, results.runs[system], strict=True)
    return np.array(
        [
            score(ranked_files(paths), query.relevant)
            for repository, run in pairs
            for paths, query in zip(run.paths, repository.queries, strict=True)
        ]
    )


def _by_group(
    results: Results, system: str, measure: str, groups: Mapping[tuple[str, str], list[int]]
) -> list[dict[str, Any]]:
    """A figure for each group, in their order."""
    values = _values(results, system, measure)
    theirs = None
    if REFERENCE in results.runs and system != REFERENCE:
        theirs = _values(results, REFERENCE, measure)
    found = []
    for rows in groups.values():
        estimate = estimate_mean(values[rows])
        figure: dict[str, Any] = _interval(estimate)
        if theirs is not None:
            figure["difference"] = _interval(estimate.minus(estimate_mean(theirs[rows])))
        found.append(figure)
    return found


def _interval(estimate: Estimate) -> dict[str, float]:
    figure = {"value": estimate.value}
    if estimate.units >= JUDGED:
        figure |= {"low": estimate.low, "high": estimate.high}
    return figure


def _cost(results: Results, system: str) -> dict[str, Any]:
    runs = results.runs[system]
    milliseconds = [taken for run in runs for taken in run.query_ms]
    return {
        "index_s": {
            repository.name: statistics.median(run.index_s)
            for repository, run in zip(results.repositories, runs, strict=True)
        },
        "index_cpu_s": sum(statistics.median(run.index_cpu_s) for run in runs),
        "query_p50_ms": statistics.median(milliseconds),
        "query_p95_ms": float(np.percentile(milliseconds, 95)),
        "peak_mb": max(run.peak_mb for run in runs),
        "start_s": statistics.median(run.start_s for run in runs),
    }


def _queries(results: Results) -> list[dict[str, Any]]:
    """What each query found, for whoever wants to know where a system loses."""
    return [
        {
            "repository": repository.name,
            "query": query.text,
            "category": query.category,
            "relevant": sorted(query.relevant),
            "files": {
                name: ranked_files(runs[i].paths[j])[:RANKED_FILES]
                for name, runs in results.runs.items()
            },
        }
        for i, repository in enumerate(results.repositories)
        for j, query in enumerate(repository.queries)
    ]
