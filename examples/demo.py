"""Ask this project, and the library that draws its terminal output, a few questions.

Run by ``make demo``; it needs no network and nothing but the core installation. Its index goes to
``.demo``, or to the folder given as argument.
"""

from __future__ import annotations

import importlib.util
import shlex
import shutil
import sys
from pathlib import Path

from cpt_rag.cli.main import NAME, app
from cpt_rag.cli.run import run

HERE = Path(__file__).resolve().parent.parent
STORE = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / ".demo"
QUESTIONS = (
    "which files are left out as secrets?",
    "split camelCase identifiers into words",
    "wrap long lines of text to the width of the console",
    "what happens when another process has locked the collection?",
    "measure how much of the screen a table needs",
)


def main() -> int:
    """Ingest three folders, then search; the exit code is the first that is not 0."""
    shutil.rmtree(STORE, ignore_errors=True)  # what an older encoder made is of no use now
    rich = importlib.util.find_spec("rich")
    assert rich is not None
    assert rich.origin is not None
    sources = [str(HERE / "cpt_rag"), str(HERE / "training"), str(Path(rich.origin).parent)]
    where = ["--collection", "demo", "--store", str(STORE)]
    code = cpt_rag("ingest", *sources, *where)
    for question in QUESTIONS:
        code = code or cpt_rag("search", question, *where, "--limit", "2")
    return code


def cpt_rag(*arguments: str) -> int:
    """Show a command as it would be typed, and run it."""
    print("$", shlex.join(["cpt-rag", *arguments]), "\n")
    return run(app, list(arguments), NAME)


if __name__ == "__main__":
    sys.exit(main())
