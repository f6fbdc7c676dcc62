"""A migration on the screen, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from cpt_rag.evaluate import Estimate
    from cpt_rag.migrate import MigrationReport
    from cpt_rag.own.compare import Change, Comparison


def print_migration(report: MigrationReport) -> None:
    """The comparison as a table, then what was built and how to go back."""
    from rich.console import Console

    console = Console(highlight=False, emoji=False)
    if report.comparison is not None and report.comparison.changes:
        _print_table(console, report.comparison)
    for line in _lines(report):
        console.print(line, markup=False, soft_wrap=True)


def migration_fields(report: MigrationReport) -> dict[str, Any]:
    """The report as one JSON object."""
    fields = {name: getattr(report, name) for name in report.__dataclass_fields__}
    comparison: Comparison | None = fields.pop("comparison")
    fields["seconds"] = round(report.seconds, 3)
    if comparison is not None:
        fields["comparison"] = {
            "changes": [_change(change) for change in comparison.changes],
            "left_out": dict(comparison.left_out),
        }
    return fields


def _print_table(console: Console, comparison: Comparison) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    title = "ranked search, [95% interval] of the paired difference (*: more than chance)"
    table = Table(title=title.replace("[", r"\["), title_justify="left", box=SIMPLE_HEAD)
    for name in ("class", "n", "measure", "before", "after", "difference"):
        table.add_column(name, justify="right" if name == "n" else "left", no_wrap=True)
    for one in comparison.changes:
        means = (f"{one.before.value:.3f}", f"{one.after.value:.3f}")
        gain = one.gain
        star = "*" if gain.low > 0 or gain.high < 0 else ""
        difference = rf"{gain.value:+.3f}{star} \[{gain.low:+.3f}, {gain.high:+.3f}]"
        table.add_row(one.query_class, f"{gain.units:,}", one.measure, *means, difference)
    console.print(table)


def _lines(report: MigrationReport) -> Iterator[str]:
    name = report.collection
    if not report.switched:
        yield f"{name}: {report.after} made it already; nothing was done"
        return
    if report.comparison is not None:
        for place, reason in report.comparison.left_out.items():
            yield f"- not asked, {place}: {reason}"
    if report.not_compared:
        yield f"- not compared: {report.not_compared}"
    skipped = "".join(f", {count:,} {reason}" for reason, count in report.skipped.items())
    vanished = f", {report.vanished:,} no longer on the disk" if report.vanished else ""
    at_hand = f"{report.reused:,} at hand"
    at_hand += f", {report.described:,} described" if report.described else ""
    yield (
        f"{name}: {report.before} -> {report.after}: {report.files:,} files{skipped}{vanished}, "
        f"{report.chunks:,} chunks ({at_hand}), {report.documents:,} documents "
        f"in {report.seconds:.2f} s"
    )
    yield f"the old version is kept: cpt-rag rollback --collection {name}"


def _change(change: Change) -> dict[str, Any]:
    return {
        "class": change.query_class,
        "measure": change.measure,
        "queries": change.gain.units,
        "before": _estimate(change.before),
        "after": _estimate(change.after),
        "gain": _estimate(change.gain),
    }


def _estimate(estimate: Estimate) -> dict[str, float]:
    return {
        "value": round(estimate.value, 5),
        "low": round(estimate.low, 5),
        "high": round(estimate.high, 5),
    }
