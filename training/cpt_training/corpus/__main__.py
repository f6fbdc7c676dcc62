"""Commands: ``build`` a corpus from its manifest, ``pin`` the rows of a manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from cpt_rag.cli.run import main
from cpt_training.corpus.build import WORKERS, build
from cpt_training.corpus.locate import DEFAULT_CACHE
from cpt_training.corpus.manifest import Manifest, find_manifest, load_manifest
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
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Go on without packages that vanished.")
    ] = False,
) -> None:
    """Fetch, mine, check, de-duplicate and split a corpus."""
    found = load_manifest(find_manifest(manifest))
    statistics = build(found, cache, evaluation, workers, allow_missing=allow_missing)
    console.print(f"Wrote {statistics}, beside its splits and a page, statistics.html.")
    console.print(_comparison(found, statistics))


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


def _comparison(manifest: Manifest, statistics: Path) -> str:
    """Whether the corpus is the one that the manifest was published with."""
    if not manifest.published.is_file():
        return "This corpus has not been published, so there is no hash to compare with."
    ours, theirs = (json.loads(p.read_text())["sha256"] for p in (statistics, manifest.published))
    if ours == theirs:
        return f"The same corpus as published: {ours}"
    return f"Another corpus than published: {ours} here, {theirs} there."


if __name__ == "__main__":
    main(app, "python -m cpt_training.corpus")
