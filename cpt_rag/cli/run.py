"""Run a Typer app as a command: exit codes, and errors as a person should see them.

Exit codes: 0 done or found, 1 nothing found, 2 bad use or environment.
"""

from __future__ import annotations

import io
import sys
import traceback

import typer

from cpt_rag.errors import CptRagError
from cpt_rag.text.pictures import CONTROL_PICTURES

BAD_USE = 2
INTERRUPTED = 130
DEBUG = "--debug"


def main(app: typer.Typer, name: str) -> None:
    """Run ``app`` on this process's arguments and leave with its exit code.

    ``--debug`` is taken out wherever it stands before a ``--``: it shows an error's traceback.
    """
    # A file name or a snippet may hold what the terminal's encoding lacks.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    given = sys.argv[1:]
    end = given.index("--") if "--" in given else len(given)
    arguments = [word for word in given[:end] if word != DEBUG] + given[end:]
    sys.exit(run(app, arguments, name, debug=len(arguments) < len(given)))


def run(app: typer.Typer, arguments: list[str], name: str, *, debug: bool = False) -> int:
    """Run one command and return its exit code; every error becomes a message on stderr."""
    try:
        result = app(arguments, prog_name=name, standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        result = INTERRUPTED
    except Exception as error:
        if debug:
            traceback.print_exc()
            return BAD_USE
        return _fail(_message(error, name), BAD_USE)
    if result == INTERRUPTED:  # some versions of Typer return it, some raise
        return _fail("Interrupted. Run the same command again to go on.", INTERRUPTED)
    return result if isinstance(result, int) else 0


def _message(error: Exception, name: str) -> str:
    if isinstance(error, CptRagError):
        return str(error)
    usage = getattr(error, "format_message", None)
    if usage is not None:
        return f"{usage()}\nRemedy: {name} --help" if usage() else ""
    return (
        f"{type(error).__name__}: {error}\nRemedy: run again with {DEBUG} and report what it prints"
    )


def _fail(message: str, code: int) -> int:
    from rich.console import Console
    from rich.text import Text

    if not message:  # help was shown instead
        return code
    first, _, rest = message.translate(CONTROL_PICTURES).partition("\n")
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text("Error: ", style="bold red") + Text(first))
    if rest:
        console.print(Text(rest))
    return code
