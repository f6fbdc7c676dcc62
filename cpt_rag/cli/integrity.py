"""``cpt-rag verify`` and ``export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from cpt_rag.cli.options import (
    CollectionOption,
    DescriptionsOption,
    EncoderOption,
    JsonOption,
    StoreOption,
)

DIFFERENT = 1


def verify(  # noqa: PLR0913, PLR0917 - each an option of the command
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="What was ingested.")],
    collection: CollectionOption,
    store: StoreOption = None,
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--as", help="What the folder is called in the collection."),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Make it so, embedding only what was hurt.")
    ] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Compare approximate with exact search, too.")
    ] = False,
    encoder: EncoderOption = None,
    descriptions: DescriptionsOption = None,
    json: JsonOption = False,
) -> None:
    """Compare disk, records, points and vectors: exit code 0 clean, 1 different."""
    from dataclasses import asdict

    from cpt_rag.cli.render import print_json, print_verified, progress_bar
    from cpt_rag.integrity import repair as make_so
    from cpt_rag.integrity import verify as compare

    if repair:
        with progress_bar(shown=not json) as progress:
            report = make_so(
                paths,
                collection=collection,
                store=store,
                encoder=encoder,
                name=name,
                deep=deep,
                descriptions=descriptions,
                progress=progress,
            )
    else:
        report = compare(paths, collection=collection, store=store, name=name, deep=deep)
    if json:
        print_json(asdict(report))
    else:
        print_verified(report)
    raise typer.Exit(0 if report.clean else DIFFERENT)


def export(
    collection: CollectionOption, store: StoreOption = None, json: JsonOption = False
) -> None:
    """Print every point, sorted by id: with --json id, payload and vectors, without it a line."""
    from cpt_rag.cli.render import print_json
    from cpt_rag.collection import resolve_store
    from cpt_rag.integrity import export as points

    engine, _ = resolve_store(store).open(collection)
    with engine:
        for point in points(engine):
            if json:
                print_json(point)
            else:
                typer.echo(f"{point['id']}  {', '.join(point['vectors']) or 'a record'}")
