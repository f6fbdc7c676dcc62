"""``cpt-rag evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from cpt_rag.cli.options import JsonOption
from cpt_rag.errors import InvalidInputError


def command(
    path: Annotated[Path, typer.Argument(readable=False, help="The folder of a project.")],
    encoder: Annotated[
        Optional[str],  # noqa: UP045  (typer reads annotations at run time, on 3.10 too)
        typer.Option("--encoder", "-e", help="Name or folder [default: cpt-static]."),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", "-o", help="A folder for results.json and plot.png."),
    ] = None,
    queries: Annotated[int, typer.Option("--queries", "-n", help="Of each class at most.")] = 200,
    json: JsonOption = False,
) -> None:
    """Measure search on your own project, by its docstrings, headings, commits and names."""
    from cpt_rag.cli.evaluation_table import print_evaluation
    from cpt_rag.cli.render import print_json, progress_bar
    from cpt_rag.own import evaluate_repository
    from cpt_rag.own.record import report_fields, write_report

    if out is not None:
        _make_folder(out)
    with progress_bar(shown=not json) as progress:
        report = evaluate_repository(path, encoder=encoder, queries=queries, progress=progress)
    if json:
        print_json(report_fields(report))
    else:
        print_evaluation(report)
    if out is not None:
        write_report(report, out)
        typer.echo(f"wrote {out / 'results.json'} and {out / 'plot.png'}", err=True)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInputError(
            f"{out} cannot be made: {error}",
            expected="a folder that can be written to",
            remedy="pass another folder with --out",
        ) from error
