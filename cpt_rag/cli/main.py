"""``cpt-rag``: the entry point, its exit codes, and what a person sees of an error.

Exit codes: 0 done or found, 1 nothing found, 2 bad use or environment.
"""

from __future__ import annotations

import sys
import traceback

import typer

from cpt_rag.cli import collections, ingest, search
from cpt_rag.cli.plugins import PluginGroup
from cpt_rag.errors import CptRagError

BAD_USE = 2
INTERRUPTED = 130
DEBUG = "--debug"

app = typer.Typer(
    cls=PluginGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Turn a folder of docs and code into a Qdrant collection that answers questions, offline.",
)
app.command("ingest")(ingest.command)
app.command("search")(search.command)
app.command("status")(collections.status)
app.command("list")(collections.list_)
app.command("delete")(collections.delete)


@app.callback()
def _options(
    debug: bool = typer.Option(False, DEBUG, help="Show the traceback of an error."),
) -> None:
    """Options of every command; ``run`` reads --debug itself, wherever it stands."""


def run() -> None:
    """Console script: run a command and leave with its exit code."""
    arguments = [argument for argument in sys.argv[1:] if argument != DEBUG]
    sys.exit(run_command(arguments, debug=len(arguments) < len(sys.argv[1:])))


def run_command(arguments: list[str], *, debug: bool = False) -> int:
    """Run one command and return its exit code; every error becomes a message on stderr."""
    try:
        result = app(arguments, prog_name="cpt-rag", standalone_mode=False)
    except typer.Abort:
        return _fail("Stopped; nothing was changed.", BAD_USE)
    except KeyboardInterrupt:
        return _fail("Interrupted. Run the same command again to go on.", INTERRUPTED)
    except Exception as error:
        if debug:
            traceback.print_exc()
            return BAD_USE
        return _fail(_message(error), BAD_USE)
    return result if isinstance(result, int) else 0


def _message(error: Exception) -> str:
    if isinstance(error, CptRagError):
        return str(error)
    usage = getattr(error, "format_message", None)
    if usage is not None:
        return f"{usage()}\nRemedy: cpt-rag --help"
    return (
        f"{type(error).__name__}: {error}\nRemedy: run again with {DEBUG} and report the traceback"
    )


def _fail(message: str, code: int) -> int:
    from rich.console import Console
    from rich.text import Text

    first, _, rest = message.partition("\n")
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text("Error: ", style="bold red") + Text(first))
    if rest:
        console.print(Text(rest))
    return code
