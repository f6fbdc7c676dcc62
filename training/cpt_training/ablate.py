"""Variants of one config at an equal budget, trained and then measured in one run.

    python -m cpt_training.ablate batch --data DIR --out runs/ablations

A file in ``ablations/`` names a config, what all variants change of it, what each changes, and
perhaps several seeds, over which the figures of a variant are then averaged. A finished run is not
trained again, so that a table can be gone on with and added to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from rich.console import Console

from cpt_rag.errors import InvalidInputError
from cpt_training.cli import Cache, find_corpus, require_extra
from cpt_training.config import CONFIGS, TrainConfig
from cpt_training.toml import find_toml, parse, read_toml

ABLATIONS = Path(__file__).parent / "ablations"
PAIRS = 1000
console = Console()
app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
def command(
    ablation: Annotated[str, typer.Argument(help="A name in ablations/, or a TOML file.")],
    data: Annotated[
        Path, typer.Option(envvar="CPT_RAG_DATA", help="The folder of the evaluation sets.")
    ],
    out: Annotated[Path, typer.Option(help="A folder for the runs, the table and the plot.")],
    sets: Annotated[str, typer.Option(help="Names of sets, with commas [default: all].")] = "",
    cache: Cache = None,
    corpus: Annotated[
        str,
        typer.Option(help="Whose held-out docstrings are measured [default: the config's corpus]."),
    ] = "",
    pairs: Annotated[
        Optional[int],  # noqa: UP045  (typer reads annotations at run time, on 3.10 too)
        typer.Option(min=10, help="Held-out docstrings of a language."),
    ] = PAIRS,
) -> None:
    """Train every variant, measure all of them on the same queries, write table and plot."""
    require_extra()
    from cpt_training.corpus import corpus_directory
    from cpt_training.evaluation.ablation import draw, table
    from cpt_training.evaluation.record import write_json
    from cpt_training.evaluation.run import evaluate
    from cpt_training.evaluation.tasks import corpus_task, tasks_below
    from cpt_training.train import train

    variants = load_variants(ablation)
    runs = {name: [out / _slug(run.name) for run in own] for name, own in variants.items()}
    for own in variants.values():
        for run in own:
            console.rule(run.name)
            train(run, find_corpus(run, cache), out / _slug(run.name))
    tasks = tasks_below(data, [name for name in sets.split(",") if name])
    held_out = corpus or next(iter(variants.values()))[0].data.corpus
    if held_out:
        split = corpus_directory(held_out, cache) / "test.parquet"
        tasks.append(corpus_task(split.parent.name, split, pairs))
    models = [str(folder) for folders in runs.values() for folder in folders]
    with console.status("") as status:
        results = evaluate(
            models, tasks, status.update, lambda so_far: write_json(so_far, out / "results.json")
        )
    validation = {name: [*map(_best, folders)] for name, folders in runs.items()}
    (out / "table.md").write_text(table(results, validation), encoding="utf-8")
    (out / "plot.png").write_bytes(draw(results, validation))
    console.print((out / "table.md").read_text(encoding="utf-8"), markup=False)


def load_variants(name_or_file: str) -> dict[str, list[TrainConfig]]:
    """Each variant's whole configs, one for each seed, by its name.

    Raises:
        InvalidInputError: no such file, one that names no variants, or an impossible config.
    """
    path = find_toml(name_or_file, ABLATIONS, "ablation")
    said = read_toml(path)
    needed, optional = {"config", "variants"}, {"common", "seeds"}
    if said.keys() - optional != needed or not said["variants"] or said.get("seeds") == []:
        raise InvalidInputError(
            f"{path} has {', '.join(sorted(said))}.",
            expected="config = NAME, [variants.NAME.SECTION], perhaps [common.SECTION] and seeds",
            remedy="add or remove these lines",
        )
    shipped = read_toml(find_toml(said["config"], CONFIGS, "config"))
    base = _merged(shipped, said.get("common", {}))

    def run(name: str, seed: int) -> TrainConfig:
        own = f"{name}, seed {seed}" if "seeds" in said else name
        whole = _merged(base, {**said["variants"][name], "name": own, "seed": seed})
        config: TrainConfig = parse(TrainConfig, whole, f"{path}, {name}")
        return config

    seeds = said.get("seeds", [base["seed"]])
    return {name: [run(name, seed) for seed in seeds] for name in said["variants"]}


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``changes``, table by table; ``kinds`` are replaced whole, false takes away."""
    merged = {name: value for name, value in base.items() if changes.get(name) is not False}
    for name, value in changes.items():
        if value is False and isinstance(base.get(name), dict):
            continue
        deeper = isinstance(value, dict) and isinstance(base.get(name), dict) and name != "kinds"
        merged[name] = _merged(base[name], value) if deeper else value
    return merged


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _best(folder: Path) -> float:
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    return max(float(row["mrr"]) for row in record["curve"])


if __name__ == "__main__":
    from cpt_rag.cli.run import main

    main(app, "python -m cpt_training.ablate")
