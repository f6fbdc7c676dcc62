"""CoIR, MTEB(Code) or single tasks of mteb, for an encoder or for the whole hybrid search.

    python -m cpt_training.mteb cpt-static --benchmark CoIR --out runs/mteb
    python -m cpt_training.mteb cpt-static --tasks CosQA,StackOverflowQA --hybrid --out runs/mteb

mteb fetches its data sets from the Hugging Face hub. Results are files in mteb's own form, one for
each task: the same command again runs only what is missing.
"""

from __future__ import annotations

from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from cpt_rag.errors import InvalidInputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mteb import AbsTask
    from mteb.models.models_protocols import MTEBModels
    from mteb.results import ModelResult

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
def command(
    model: Annotated[str, typer.Argument(help="A preset, a folder, or all-MiniLM-L6-v2.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="A folder for mteb's result files.")],
    tasks: Annotated[str, typer.Option(help="Names of mteb's tasks, with commas.")] = "",
    benchmark: Annotated[str, typer.Option(help="Name of one of mteb's benchmarks.")] = "",
    hybrid: Annotated[
        bool, typer.Option("--hybrid", help="Measure the hybrid search over this encoder.")
    ] = False,
) -> None:
    """Measure a model on tasks of mteb."""
    _require_mteb()
    from cpt_training.evaluation.mteb_models import CptMtebEncoder, CptMtebSearch

    chosen = choose_tasks(tasks, benchmark)
    with ExitStack() as held:
        measured = held.enter_context(CptMtebSearch(model)) if hybrid else CptMtebEncoder(model)
        result = measure(measured, chosen, out)
    _print_scores(result, chosen)
    Console(stderr=True).print(f"wrote {out / 'results'}")


def choose_tasks(tasks: str, benchmark: str) -> list[AbsTask]:
    """The tasks named, with commas between them, or those of a benchmark.

    Raises:
        InvalidInputError: neither or both are given, or mteb knows no such name.
    """
    import mteb

    names = [name.strip() for name in tasks.split(",") if name.strip()]
    if bool(names) == bool(benchmark):
        raise InvalidInputError(
            "Tasks and a benchmark are both given." if names else "No task is given.",
            expected="either --tasks NAME,NAME or --benchmark NAME",
            remedy="python -m cpt_training.mteb cpt-static --benchmark CoIR --out runs/mteb",
        )
    try:
        return list(mteb.get_tasks(tasks=names) if names else mteb.get_benchmark(benchmark).tasks)
    except KeyError as error:
        raise InvalidInputError(
            f"mteb knows no such name: {error.args[0].removeprefix('KeyError: ')}",
            expected="a task or benchmark of https://embeddings-benchmark.github.io/mteb/",
        ) from error


def measure(model: MTEBModels, tasks: Sequence[AbsTask], out: Path) -> ModelResult:
    """Results of ``model`` on every task, those that lie below ``out`` taken from there.

    Raises:
        InvalidInputError: a task's data set is neither in the hub's cache nor within reach.
    """
    import mteb

    try:
        return mteb.evaluate(model, tasks, cache=mteb.ResultCache(out), co2_tracker=False)
    except ConnectionError as error:
        raise InvalidInputError(
            f"A task's data set cannot be fetched: {error}",
            expected="the Hugging Face hub within reach, or the data set in its cache",
            remedy="run the same command again when it is; finished tasks are kept",
        ) from error


def _print_scores(result: ModelResult, tasks: Sequence[AbsTask]) -> None:
    measures = {task.metadata.name: task.metadata.main_score for task in tasks}
    scores = {found.task_name: found.get_score() for found in result.task_results}
    table = Table("task", "measure", "score", title=result.model_name, title_justify="left")
    for name, score in scores.items():
        table.add_row(name, measures[name], f"{score:.4f}")
    if len(scores) > 1:
        table.add_row("mean", "", f"{fmean(scores.values()):.4f}")
    Console().print(table)


def _require_mteb() -> None:
    if find_spec("mteb") is None:
        raise MissingExtraError(
            "mteb is not installed.",
            expected="the extra 'mteb', which needs Python 3.11 or newer",
            remedy='pip install "cpt-rag[mteb]"',
        )


if __name__ == "__main__":
    from cpt_rag.cli.run import main

    main(app, "python -m cpt_training.mteb")
