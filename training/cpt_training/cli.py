"""Commands of the training, for ``cpt-rag`` and for ``python -m cpt_training.*``.

Light to import: torch comes only with the command that needs it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from cpt_rag.errors import MissingExtraError

if TYPE_CHECKING:
    from cpt_training.config import TrainConfig

train_app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)

Cache = Annotated[
    Optional[Path],  # noqa: UP045  (typer reads annotations at run time, on 3.10 too)
    typer.Option(help="Where packages and corpora are kept [default: the user's cache]."),
]


@train_app.command("train")
def train_command(
    config: Annotated[str, typer.Argument(help="A name in configs/, or a TOML file.")],
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Where the run and its model go [default: runs/NAME]."),
    ] = None,
    cache: Cache = None,
    minutes: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Stop at a checkpoint after so long; run it again to go on."),
    ] = None,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Two steps on a tiny random model, offline.")
    ] = False,
) -> None:
    """Train an encoder: build its corpus where there is none, then run its config."""
    require_extra()
    from cpt_training.config import load_config
    from cpt_training.loop import processes
    from cpt_training.train import train

    loaded = load_config(config)
    if smoke:
        _smoke(loaded, out or Path("runs") / f"{loaded.name}-smoke")
        return
    processes.start()
    with processes.first_alone():  # what the first builds, the others find
        corpus = find_corpus(loaded, cache)
    train(loaded, corpus, out or Path("runs") / loaded.name, minutes)
    processes.stop()


def find_corpus(config: TrainConfig, cache: Path | None) -> Path | None:
    """The folder of a config's corpus, built where needed; None for a file of triplets."""
    from cpt_training.corpus import corpus_directory

    return corpus_directory(config.data.corpus, cache) if config.data.corpus else None


def _smoke(config: TrainConfig, out: Path) -> None:
    from cpt_training.loop import processes
    from cpt_training.smoke import smoke
    from cpt_training.train import train

    processes.start()
    toy = out / "toy"
    with processes.first_alone():  # then the others, who write the same
        small, corpus = smoke(config, toy)
    processes.wait()
    train(small, corpus, out)
    if processes.rank() == 0:
        shutil.rmtree(toy)
    processes.stop()


def require_extra() -> None:
    """Refuse, naming the extra, where training's dependencies are not installed."""
    try:
        import datasketch  # type: ignore[import-untyped]  # noqa: F401
        import scipy  # noqa: F401
        import sentence_transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            f"Training needs {error.name}, which is not installed.",
            expected="the extra 'train'",
            remedy='pip install "cpt-rag[train]"',
        ) from error
