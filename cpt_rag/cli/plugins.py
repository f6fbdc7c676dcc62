"""Commands that other packages add through the entry-point group ``cpt_rag.commands``.

An entry point names a ``typer.Typer`` with one command. It is loaded only when its command is
called or help is asked for.
"""

from __future__ import annotations

from typing import Any

import typer.core
import typer.main

GROUP = "cpt_rag.commands"


class PluginGroup(typer.core.TyperGroup):
    """The command group, with installed entry points after its own commands."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Own commands in their order, then the plugins' by name."""
        own = list(super().list_commands(ctx))
        return own + sorted(entry.name for entry in _entry_points() if entry.name not in own)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """An own command, or else a plugin's."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        for entry in _entry_points():
            if entry.name == cmd_name:
                return typer.main.get_command(entry.load())
        return None


def _entry_points() -> list[Any]:
    # Imported late: a built-in command need not read every installed package's metadata.
    from importlib.metadata import entry_points

    return list(entry_points(group=GROUP))
