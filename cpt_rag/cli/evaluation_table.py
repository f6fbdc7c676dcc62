"""An evaluation on a user's own folder as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cpt_rag.evaluate import Estimate
from cpt_rag.evaluate.measures import LEADING, MEASURES
from cpt_rag.own.record import NOTES
from cpt_rag.own.report import BEST, Figure, RepositoryReport, WeightTrial, overall

if TYPE_CHECKING:
    from rich.console import Console

_OTHERS = [measure for measure in MEASURES if measure != LEADING]


def print_evaluation(report: RepositoryReport) -> None:
    """Figures by class and arm, the fusion weights, and what was left out."""
    from rich.console import Console

    console = Console(highlight=False, emoji=False)
    console.print(
        f"{report.path}: {report.files:,} files, {report.chunks:,} chunks, "
        f"encoder {report.encoder}",
        markup=False,
        soft_wrap=True,
    )
    title = f"{LEADING}, [95% interval], gain of {BEST} over it (*: more than chance)"
    _print_table(console, report, title, [LEADING])
    _print_table(console, report, " / ".join(_OTHERS), _OTHERS)
    for line in [*_about_weights(report.weights), *_about_what_is_missing(report), *NOTES]:
        console.print(f"- {line}", markup=False, soft_wrap=True)


def _print_table(
    console: Console, report: RepositoryReport, title: str, measures: Sequence[str]
) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    shown = [figure for figure in report.figures if figure.measure in measures]
    arms = list(dict.fromkeys(figure.arm for figure in shown))
    table = Table(title=escape(title), title_justify="left", box=SIMPLE_HEAD)
    table.add_column("class", no_wrap=True)
    table.add_column("n", justify="right")
    for arm in arms:
        table.add_column(arm, no_wrap=True)
    for name in dict.fromkeys(figure.query_class for figure in shown):
        own = [figure for figure in shown if figure.query_class == name]
        cells = [_cell([figure for figure in own if figure.arm == arm]) for arm in arms]
        table.add_row(name, f"{own[0].estimate.units:,}", *cells)
    console.print(table)


def _cell(figures: Sequence[Figure]) -> str:
    """One measure with its interval and gain, or several without."""
    if len(figures) > 1:
        return " / ".join(f"{figure.estimate.value:.2f}" for figure in figures)
    [figure] = figures
    # The backslash keeps Rich from reading the interval as a style.
    lines = [
        f"{figure.estimate.value:.3f}",
        rf"\[{figure.estimate.low:.2f}, {figure.estimate.high:.2f}]",
    ]
    if figure.gain is not None:
        lines.append(_signed(figure.gain))
    return "\n".join(lines)


def _signed(gain: Estimate) -> str:
    """A difference, with a star where its interval leaves out zero."""
    return f"{gain.value:+.3f}{'*' if gain.low > 0 or gain.high < 0 else ''}"


def _about_weights(trial: WeightTrial) -> list[str]:
    if trial.weights is None:
        return [f"fusion weights: none are better than the default on {trial.chosen_on:,} queries"]
    gain = overall(trial.gains)
    verdict = "proposed" if trial.proposed else "the default is as good"
    classes = ", ".join(f"{name} {_signed(one)}" for name, one in trial.gains.items())
    return [
        f"fusion weights: {verdict}; search(weights=({trial.weights[0]:g}, {trial.weights[1]:g})), "
        f"the best on {trial.chosen_on:,} queries, changes the {LEADING} of ranked on the "
        f"{gain.units:,} others by {gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]: {classes}"
    ]


def _about_what_is_missing(report: RepositoryReport) -> list[str]:
    lines = [f"{name} is left out: {reason}" for name, reason in report.left_out.items()]
    if report.changelogs:
        lines.append(f"not indexed, since it quotes commits: {', '.join(report.changelogs)}")
    return lines
