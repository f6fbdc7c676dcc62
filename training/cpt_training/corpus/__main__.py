"""Commands: ``build`` a corpus from its manifest, ``pin`` the rows of a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from cpt_rag.cli.run import main
from cpt_training.corpus.build import WORKERS, build
from cpt_training.corpus.locate import DEFAULT_CACHE
from cpt_training.corpus.manifest import find_manifest, load_manifest
from cpt_training.corpus.pin import pin, write_pinned

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console(stderr=True)

Cache = Annotated[Path, typer.Option(help="Where packages and corpora are kept.")]


@app.command("build")
def build_command(
    manifest: Annotated[str, typer.Argument(help="Name of a shipped manifest, or a TOML file.")],
    cache: Cache = DEFAULT_CACHE,
    evaluation: Annotated[
        Path | None,
        typer.Option(help="Evaluation sets that nothing may resemble; rewrites the sidecar."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that mine.")] = WORKERS,
) -> None:
    """Fetch, mine, clean, de-duplicate and split a corpus."""
    found = load_manifest(find_manifest(manifest))
    console.print(f"Wrote {build(found, cache, evaluation, workers)}")


@app.command("pin")
def pin_command(
    manifest: Annotated[str, typer.Argument(help="Name of a shipped manifest, or a TOML file.")],
    cache: Cache = DEFAULT_CACHE,
) -> None:
    """Fill in version, licence and sha256 of the rows that lack them."""
    found = load_manifest(find_manifest(manifest), pinned=False)
    packages = list(found.packages)
    for i, package in enumerate(track(packages, "pin", console=console)):
        if not package.pinned:
            packages[i] = pin(package, cache)
            write_pinned(found, packages)
            if not packages[i].licence:
                console.print(f"{package.name}: no permissive licence found; check it by hand.")


if __name__ == "__main__":
    main(app, "python -m cpt_training.corpus")
