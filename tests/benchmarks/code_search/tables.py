"""Figures as Markdown tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.benchmarks.code_search.figures import ALL, JUDGED, REPOSITORY
from tests.benchmarks.code_search.systems import REFERENCE, SYSTEMS

# With more repositories than this only their sum is printed.
MOST_COLUMNS = 8


def tables(title: str, found: Mapping[str, Any]) -> str:
    """Quality with 95% intervals, differences, and cost of one set."""
    groups, systems = found["groups"], found["systems"]
    measures: Sequence[str] = next(iter(systems.values()))["measures"]
    classes = [i for i, group in enumerate(groups) if group["kind"] != REPOSITORY]
    if len(classes) == 2:  # everything, and the one class that everything is of
        classes = classes[:1]
    repositories = [i for i, group in enumerate(groups) if group["kind"] == REPOSITORY]
    repeated = all(groups[i]["queries"] < JUDGED for i in repositories) or len(repositories) < 2
    parts = [f"## {title}"]
    for measure in measures:
        parts += [f"**{measure}** over files:", _quality(systems, measure, groups, classes)]
        if len(systems) > 1 and REFERENCE in systems:
            parts.append(f"{measure}, paired difference from {SYSTEMS[REFERENCE].label}:")
            parts.append(_differences(systems, measure, groups, classes))
        if not repeated:
            parts.append(f"{measure} by repository:")
            parts.append(_quality(systems, measure, groups, repositories))
    return "\n\n".join([*parts, "**Cost** (lower is better):", _costs(systems)])


def _quality(
    systems: Mapping[str, Any],
    measure: str,
    groups: Sequence[Mapping[str, Any]],
    columns: Sequence[int],
) -> str:
    rows = [
        [system["label"], *(_with_interval(system["measures"][measure][i], "") for i in columns)]
        for system in systems.values()
    ]
    return _markdown(["system", *(_head(groups[i]) for i in columns)], rows)


def _differences(
    systems: Mapping[str, Any],
    measure: str,
    groups: Sequence[Mapping[str, Any]],
    columns: Sequence[int],
) -> str:
    rows = []
    for name, system in systems.items():
        if name != REFERENCE:
            figures = [system["measures"][measure][i]["difference"] for i in columns]
            rows.append([system["label"], *(_with_interval(figure, "+") for figure in figures)])
    return _markdown(["system", *(_head(groups[i]) for i in columns)], rows)


def _head(group: Mapping[str, Any]) -> str:
    judged = "" if group["queries"] >= JUDGED else ", not judged"
    name = "all queries" if group["kind"] == ALL else group["name"]
    return f"{name} ({group['queries']}{judged})"


def _with_interval(figure: Mapping[str, float], sign: str) -> str:
    value = f"{figure['value']:{sign}.3f}"
    if "low" not in figure:
        return value
    return f"{value} [{figure['low']:{sign}.3f}, {figure['high']:{sign}.3f}]"


def _costs(systems: Mapping[str, Any]) -> str:
    names = list(next(iter(systems.values()))["cost"]["index_s"])
    if len(names) > MOST_COLUMNS:
        names = []
    heads = [*(f"index {name}, s" for name in names), f"index {ALL}, s", "of processor, s"]
    heads += ["query p50, ms", "query p95, ms", "peak, MB", "start, s"]
    rows = [[system["label"], *_cost_cells(system["cost"], names)] for system in systems.values()]
    return _markdown(["system", *heads], rows)


def _cost_cells(cost: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield f"{cost['index_s'][name]:.2f}"
    yield f"{sum(cost['index_s'].values()):.2f}"
    yield f"{cost['index_cpu_s']:.2f}"
    yield f"{cost['query_p50_ms']:.2f}"
    yield f"{cost['query_p95_ms']:.2f}"
    yield f"{cost['peak_mb']:.0f}"
    yield f"{cost['start_s']:.2f}"


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
