"""``cpt-rag encoders``."""

from __future__ import annotations

import typer

from cpt_rag.cli import build

app = typer.Typer(no_args_is_help=True, help="Encoders by name, and faster forms of them.")
app.command("build")(build.command)


@app.callback()
def _encoders() -> None:
    """Keep ``build`` a command of its own, alone as it is."""
