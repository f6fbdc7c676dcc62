"""BM25, encoders and their fusion on public sets and held-out docstrings, in one run.

    python -m cpt_training.evaluate cpt-static all-MiniLM-L6-v2 --data DIR --out report

Every set found below DIR is measured unless ``--sets`` chooses among them, and never in part. What
``--out`` names is written anew whenever a set is done, so that a run that is stopped keeps its own.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich.console import Console

from cpt_rag.errors import InvalidInputError, MissingExtraError
from cpt_training.cli import Cache, require_extra

if TYPE_CHECKING:
    from cpt_training.evaluation.run import Results
    from cpt_training.evaluation.tasks import Task

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
def command(
    models: Annotated[
        list[str],
        typer.Argument(metavar="MODEL...", help="A preset, a folder, or all-MiniLM-L6-v2."),
    ],
    data: Annotated[
        Optional[Path],  # noqa: UP045  (typer reads annotations at run time, on 3.10 too)
        typer.Option(envvar="CPT_RAG_DATA", help="The folder of the evaluation sets."),
    ] = None,
    sets: Annotated[str, typer.Option(help="Names of sets, with commas [default: all].")] = "",
    corpus: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="A manifest in corpora/, or a TOML file: its held-out docstrings too."),
    ] = None,
    pairs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=10, help="Held-out pairs of a language, drawn by chance [default: all]."),
    ] = None,
    cache: Cache = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="A folder for results.json and report.html."),
    ] = None,
) -> None:
    """Measure BM25, each model and the fusion of both on the same queries."""
    require_extra()
    _require_evaluation_packages()
    from cpt_training.evaluation.tasks import corpus_task, tasks_below

    if data is None and (sets or corpus is None):
        raise InvalidInputError(
            "There is nothing to evaluate on: no folder of evaluation sets is given.",
            expected="--data DIR, or CPT_RAG_DATA in the environment, or --corpus NAME alone",
            remedy="python -m cpt_training.evaluate cpt-static --data DIR",
        )
    tasks = [] if data is None else tasks_below(data, _names(sets))
    if corpus is not None:
        from cpt_training.corpus import corpus_directory

        split = corpus_directory(corpus, cache) / "test.parquet"
        tasks.append(corpus_task(Path(corpus).stem, split, pairs))
    _measure(models, tasks, out)


def _measure(models: list[str], tasks: list[Task], out: Path | None) -> None:
    from cpt_training.evaluation.page import write_page
    from cpt_training.evaluation.record import write_json
    from cpt_training.evaluation.run import evaluate
    from cpt_training.evaluation.tables import print_tables

    if out is not None:
        _make_folder(out)

    def save(results: Results) -> None:
        if out is not None:
            write_json(results, out / "results.json")
            write_page(results, out / "report.html")

    messages = Console(stderr=True)
    with messages.status("") as status:
        results = evaluate(models, tasks, status.update, save)
    print_tables(results, Console())
    if out is not None:
        messages.print(f"wrote {out / 'results.json'} and {out / 'report.html'}")


def _require_evaluation_packages() -> None:
    for package in ("ir_measures", "matplotlib", "scipy", "sklearn"):
        if find_spec(package) is None:
            raise MissingExtraError(
                f"Evaluation needs {package}, which is not installed.",
                expected="the extra 'train'",
                remedy='pip install "cpt-rag[train]"',
            )


def _names(sets: str) -> list[str]:
    return [name.strip() for name in sets.split(",") if name.strip()]


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInputError(
            f"{out} cannot be made: {error}",
            expected="a folder that can be written to",
            remedy="pass another folder with --out",
        ) from error


if __name__ == "__main__":
    from cpt_rag.cli.run import main

    main(app, "python -m cpt_training.evaluate")
