"""Commands of the training, for ``cpt-rag`` and for ``python -m cpt_training.*``.

Light to import: torch comes only with the command that needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from cpt_rag.errors import MissingExtraError

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
        typer.Option(help="Where the model goes [default: runs/NAME]."),
    ] = None,
    cache: Cache = None,
) -> None:
    """Train an encoder: build its corpus where there is none, then run its config."""
    require_extra()
    from cpt_training.config import load_config
    from cpt_training.corpus import corpus_directory
    from cpt_training.train import train

    loaded = load_config(config)
    train(loaded, corpus_directory(loaded.corpus, cache), out or Path("runs") / loaded.name)


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
