"""Figures in tables: a family's sets and measures down, systems across.

The same cells go to the screen and to the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from cpt_training.evaluation.figures import Figure, Speed
from cpt_training.evaluation.run import Results


@dataclass(frozen=True, slots=True)
class Grid:
    """A table before it is drawn. A cell is a figure, its interval and its difference."""

    title: str
    heading: list[str]
    rows: list[list[str]]


def grids(results: Results) -> Iterator[Grid]:
    """One table for each family, the last one for the cost."""
    families = list(dict.fromkeys(figure.family for figure in results.figures))
    for family in families:
        yield _family(family, [f for f in results.figures if f.family == family])
    yield _cost(results.speeds)


def print_tables(results: Results, console: Console) -> None:
    """Draw every table on the screen."""
    for grid in grids(results):
        table = Table(title=grid.title, title_justify="left", show_lines=True)
        for column in grid.heading:
            table.add_column(column, overflow="fold")
        for row in grid.rows:
            table.add_row(*row)
        console.print(table)
    console.print(NOTE)
    for remark in remarks(results):
        console.print(remark, markup=False)


NOTE = (
    "value, [95% bootstrap interval], difference from the first model with * where the paired "
    "95% interval leaves out zero; BM25 normalises lengths by each collection's own mean"
)


def remarks(results: Results) -> Iterator[str]:
    """What was left out of each set, and which sets still lack figures."""
    for name, notes in results.notes.items():
        yield f"{name}: {'; '.join(notes)}"
    if results.unfinished:
        yield f"not complete: {', '.join(results.unfinished)}"


def _family(family: str, figures: Sequence[Figure]) -> Grid:
    systems = list(dict.fromkeys(f.system for f in figures))
    cells = {(f.dataset, f.measure, f.system): f for f in figures}
    rows = []
    for dataset, measure in dict.fromkeys((f.dataset, f.measure) for f in figures):
        found = [cells.get((dataset, measure, system)) for system in systems]
        units = next(f.estimate.units for f in found if f)
        rows.append(
            [dataset, measure, f"{units:,}", *(_cell(figure) if figure else "" for figure in found)]
        )
    return Grid(family, ["set", "measure", "n", *systems], rows)


def _cell(figure: Figure) -> str:
    lines = [
        _short(figure.estimate.value),
        f"[{_short(figure.estimate.low)}, {_short(figure.estimate.high)}]",
    ]
    if figure.difference is not None:
        clear = figure.difference.low > 0 or figure.difference.high < 0
        lines.append(f"{figure.difference.value:+.3f}{'*' if clear else ''}")
    return "\n".join(lines)


def _cost(speeds: Sequence[Speed]) -> Grid:
    heading = ["system", "documents", "documents/s", "cold start, s", "weights, MB"]
    rows = [
        [
            speed.system,
            f"{speed.documents:,}",
            "" if speed.documents_per_second is None else f"{speed.documents_per_second:,.0f}",
            "" if speed.cold_seconds is None else f"{speed.cold_seconds:.2f}",
            f"{speed.megabytes:.1f}",
        ]
        for speed in speeds
    ]
    return Grid("cost on this machine's CPU", heading, rows)


def _short(value: float) -> str:
    return f"{value:.3f}"
