"""``cpt-rag encoders``: what loads by name. Commands on encoders are added to ``app``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from cpt_rag.cli import build
from cpt_rag.cli.options import JsonOption

if TYPE_CHECKING:
    from cpt_rag.encoders.presets import Preset

WIDTH = 110

app = typer.Typer(invoke_without_command=True)
app.command("build")(build.command)


@app.callback()
def list_(ctx: typer.Context, json: JsonOption = False) -> None:
    """List the encoders that load by name."""
    if ctx.invoked_subcommand is not None:
        return
    from dataclasses import asdict

    from cpt_rag.cli.render import print_json
    from cpt_rag.encoders.presets import PRESETS

    if not json:
        _print_table(list(PRESETS.values()))
        return
    for preset in PRESETS.values():
        print_json(asdict(preset))


def _print_table(presets: Sequence[Preset]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    for heading in ("name", "architecture", "pooling", "licence"):
        table.add_column(heading, no_wrap=True)
    for heading in ("dimension", "tokens"):
        table.add_column(heading, justify="right")
    for preset in presets:
        tokens = "" if preset.max_tokens is None else f"{preset.max_tokens:,}"
        words = (preset.name, preset.architecture, preset.pooling, preset.licence)
        table.add_row(*words, f"{preset.dimension:,}", tokens)
    # Names are there to be copied: a narrow terminal wraps lines rather than cut them.
    Console(highlight=False, emoji=False, width=max(Console().width, WIDTH)).print(table)
