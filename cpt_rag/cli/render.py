"""What people and programs see: Rich on a terminal, JSON lines with ``--json``."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cpt_rag.text.pictures import CONTROL_PICTURES, NAME_PICTURES
from cpt_rag.types import Hit, IngestReport

if TYPE_CHECKING:
    from rich.console import Console

    from cpt_rag.ingest import CollectionStatus, Progress
    from cpt_rag.integrity import VerifyReport

SNIPPET_LINES = 12
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
SHOWN_EXAMPLES = 3
# Names that the highlighter spells otherwise.
_LEXERS = {"c_sharp": "csharp", "notebook": "json", "text": "text"}


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on a line of its own, in ASCII: it survives any pipe's encoding."""
    sys.stdout.write(json.dumps(value) + "\n")


def report_fields(report: IngestReport) -> dict[str, Any]:
    """The report as the one JSON object that ends an ingestion."""
    fields = asdict(report)
    del fields["stages"]
    return fields | {"seconds": round(report.seconds, 3)}


def print_report(report: IngestReport, collection: str) -> None:
    """The report as a person reads it."""
    console = _console()
    console.print(
        f"[bold]{_escape(collection)}[/]: {report.files:,} files, {report.indexed:,} indexed, "
        f"{report.unchanged:,} unchanged, {report.removed:,} removed, "
        f"{sum(report.skipped.values()):,} skipped"
    )
    _print_skipped(console, report)
    if report.recoded:
        recoded = ", ".join(f"{count:,} {name}" for name, count in sorted(report.recoded.items()))
        console.print(f"read in other encodings than UTF-8: {_escape(recoded)}")
    stages = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in report.stages.items())
    described = f" ({report.described:,} described)" if report.described else ""
    chunks = f"{report.chunks:,} chunks{described}"
    console.print(f"{chunks} in {report.seconds:.2f} s [dim]({stages})[/]")


def _print_skipped(console: Console, report: IngestReport) -> None:
    """A line for each reason: how many files, and the first of them."""
    width = max(map(len, report.skipped), default=0)
    for reason, count in sorted(report.skipped.items()):
        shown = report.skipped_paths.get(reason, [])[:SHOWN_EXAMPLES]
        names = ", ".join(_escape(path or "the folder itself") for path in shown)
        more = f" and {count - len(shown):,} more" if count > len(shown) else ""
        console.print(f"  {count:>6,} {_escape(reason.ljust(width))}  [dim]{names}{more}[/]")


def print_status(status: CollectionStatus) -> None:
    """One collection in a few lines."""
    console = _console()
    if status.encoder is None:
        console.print(
            f"[bold]{_escape(status.collection)}[/]: {status.chunks:,} points of another program "
            f"({status.dimension} dimensions), to be read only"
        )
        return
    console.print(
        f"[bold]{_escape(status.collection)}[/]: {status.files:,} files, {status.chunks:,} chunks, "
        f"encoder {_escape(status.encoder)} ({status.dimension} dimensions)"
    )
    for name, location in sorted(status.roots.items()):
        console.print(f"  {_escape(name)}  [dim]{_escape(location)}[/]")
    for what, encoder in (("previous version", status.previous), ("in the making", status.next)):
        if encoder is not None:
            console.print(f"  {what}: encoder {_escape(encoder or 'not noted')}")


def print_verified(report: VerifyReport) -> None:
    """Every difference on a line of its own, below what was looked at."""
    console = _console()
    console.print(
        f"[bold]{_escape(report.collection)}[/]: {report.files:,} files, {report.chunks:,} chunks, "
        f"{report.documents:,} documents: "
        + ("clean" if report.clean else f"{len(report.differences):,} differences")
    )
    for found in report.differences:
        place = _escape(f"{found.root}/{found.path}".strip("/"))
        detail = f"  [dim]{_escape(found.detail)}[/]" if found.detail else ""
        console.print(f"  {place}  [red]{found.fault.value}[/]{detail}")


def print_hits(hits: Sequence[Hit], *, explain: bool = False) -> None:
    """Each hit as path:lines, symbol and score above its first lines."""
    console = _console()
    for hit in hits:
        lines = f":{hit.start_line}-{hit.end_line}" if hit.end_line else ""
        place = f"{hit.path or hit.id}{lines}"
        console.print(
            f"[bold cyan]{_escape(place)}[/]  [bold]{_escape(hit.symbol or hit.kind)}[/]  "
            f"[green]{hit.score:.4f}[/]  [dim]{_escape(hit.root)}[/]"
        )
        if explain:
            parts = ", ".join(f"{name} {value:.3g}" for name, value in hit.why.items())
            console.print(f"        {parts}", style="dim", markup=False)
        _print_snippet(console, hit)


def _print_snippet(console: Console, hit: Hit) -> None:
    # As editors count lines: str.splitlines would also cut at form feeds and the like.
    lines = _LINE_BREAK.split(hit.text.rstrip().translate(CONTROL_PICTURES))
    shown = "\n".join(lines[:SNIPPET_LINES])
    if console.is_terminal:
        # Pygments is slow to import, and only a terminal shows its colours.
        from rich.syntax import Syntax

        lexer = _LEXERS.get(hit.language, hit.language)
        console.print(
            Syntax(shown, lexer, line_numbers=True, start_line=hit.start_line, theme="ansi_dark")
        )
    else:
        for number, line in enumerate(shown.split("\n"), hit.start_line):
            console.print(f"{number:>6}  {line}", markup=False)
    if len(lines) > SNIPPET_LINES:
        console.print(f"        ... {len(lines) - SNIPPET_LINES} more", style="dim")
    console.print()


@contextmanager
def progress_bar(*, shown: bool) -> Iterator[Progress]:
    """A callback that draws a bar on standard error, where that is a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not (shown and console.is_terminal):
        yield lambda done, total, label: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("[progress.description]{task.description:<40.40}"),
        BarColumn(),
        MofNCompleteColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("walking", total=None)
        yield lambda done, total, label: bar.update(
            task, completed=done, total=total, description=_escape(label)
        )


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True, emoji=False)


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text.translate(NAME_PICTURES))
