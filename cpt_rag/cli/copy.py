"""``cpt-rag copy``."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from cpt_rag.cli.options import JsonOption

_STORE = "Folder or server URL [default: the user's data folder]."


def command(
    collection: Annotated[str, typer.Argument(metavar="NAME", help="Name of the collection.")],
    source: Annotated[
        Optional[str],  # noqa: UP045  (typer reads annotations at run time, on 3.10 too)
        typer.Option("--from", metavar="STORE", help=f"Where it is. {_STORE}"),
    ] = None,
    target: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--to", metavar="STORE", help=f"Where to copy it. {_STORE}"),
    ] = None,
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--as", metavar="NEWNAME", help="What the copy is called."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Copy a collection to another store, embedded or a server; run it again to go on."""
    from dataclasses import asdict

    from cpt_rag.cli.render import print_json, progress_bar
    from cpt_rag.copy import copy_collection

    with progress_bar(shown=not json) as progress:
        report = copy_collection(collection, source, target, new_name=name, progress=progress)
    if json:
        print_json(asdict(report) | {"seconds": round(report.seconds, 3)})
    else:
        typer.echo(
            f"{name or collection}: {report.points:,} points, {report.written:,} written, "
            f"{report.unchanged:,} unchanged, {report.removed:,} removed in {report.seconds:.2f} s"
        )
