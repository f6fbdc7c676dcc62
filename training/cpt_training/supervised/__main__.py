"""Commands: make triplets of ``nli`` files, of ``msmarco``, of a git ``history``, of ``chat``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cpt_rag.cli.run import main
from cpt_rag.evaluate.history import MOST_COMMITS
from cpt_training.supervised.chat import convert_chat
from cpt_training.supervised.history import convert_history
from cpt_training.supervised.msmarco import convert_msmarco
from cpt_training.supervised.nli import convert_nli
from cpt_training.supervised.triplets import Triplet, write_triplets

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)

Out = Annotated[Path, typer.Option(help="The file to write: JSON Lines, compressed if .gz.")]


@app.command("nli")
def nli_command(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="SNLI's or MultiNLI's .jsonl or .txt, or several."),
    ],
    out: Out,
) -> None:
    """Premises, what they entail, and what contradicts them."""
    notes: list[str] = []
    _write(convert_nli(files, notes), notes, out)


@app.command("msmarco")
def msmarco_command(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="MS MARCO's passage ranking, unpacked.")
    ],
    out: Out,
    negatives: Annotated[int, typer.Option(min=1, help="Hard negatives of a query, at most.")] = 1,
) -> None:
    """Queries, the passages judged relevant, and others that were retrieved."""
    notes: list[str] = []
    _write(convert_msmarco(directory, negatives, notes), notes, out)


@app.command("history")
def history_command(
    repository: Annotated[
        Path, typer.Argument(metavar="REPOSITORY", help="A local clone, or a folder in it.")
    ],
    out: Out,
    commits: Annotated[int, typer.Option(min=1, help="The newest so many.")] = MOST_COMMITS,
) -> None:
    """What commits say that they do, and the functions that they changed."""
    notes: list[str] = []
    _write(convert_history(repository, commits, notes), notes, out)


@app.command("chat")
def chat_command(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="JSON Lines with messages or conversations."),
    ],
    out: Out,
) -> None:
    """What users ask, with what they asked before, and what the assistant answers."""
    notes: list[str] = []
    _write(convert_chat(files, notes), notes, out)


def _write(triplets: Iterable[Triplet], notes: list[str], out: Path) -> None:
    """Write the triplets, and say how many, and what ``notes`` has taken meanwhile."""
    console = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)
    with console.status("converting"):
        written = write_triplets(out, triplets)
    console.print(f"Wrote {written:,} triplets to {out}.")
    for note in notes:
        console.print(note)


if __name__ == "__main__":
    main(app, "python -m cpt_training.supervised")
