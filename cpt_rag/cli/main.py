"""``cpt-rag``: all commands in one application."""

from __future__ import annotations

import typer

from cpt_rag.cli import (
    collections,
    context,
    copy,
    encoders,
    evaluate,
    ingest,
    integrity,
    migrate,
    run,
    search,
)
from cpt_rag.cli.plugins import PluginGroup

NAME = "cpt-rag"

app = typer.Typer(
    cls=PluginGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Turn a folder of docs and code into a Qdrant collection that answers questions, offline.",
)
app.command("ingest")(ingest.command)
app.command("search")(search.command)
app.command("context")(context.command)
app.command("evaluate")(evaluate.command)
app.command("verify")(integrity.verify)
app.command("export")(integrity.export)
app.command("status")(collections.status)
app.command("list")(collections.list_)
app.command("copy")(copy.command)
app.command("migrate")(migrate.migrate)
app.command("rollback")(migrate.rollback)
app.command("delete")(collections.delete)
app.add_typer(encoders.app, name="encoders")


@app.callback()
def _options(
    debug: bool = typer.Option(False, run.DEBUG, help="Show the traceback of an error."),
) -> None:
    """Options of every command; ``run`` takes --debug out, wherever it stands."""


def main() -> None:
    """Console script."""
    run.main(app, NAME)
