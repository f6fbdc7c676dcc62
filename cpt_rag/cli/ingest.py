"""``cpt-rag ingest``."""

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


def command(  # noqa: PLR0913, PLR0917 - each an option of the command
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", readable=False, help="Folders or files.")
    ],
    collection: CollectionOption,
    store: StoreOption = None,
    encoder: EncoderOption = None,
    preset: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--preset", help="How a new collection is kept: for 10k, 1m or 100m chunks."),
    ] = None,
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--as", help="What the folder is called in the collection."),
    ] = None,
    document_key: Annotated[
        bool,
        typer.Option(
            "--document-key", help="For a new collection that mcp-server-qdrant is to read."
        ),
    ] = False,
    descriptions: DescriptionsOption = None,
    json: JsonOption = False,
) -> None:
    """Bring a collection level with folders: run it again and only what changed moves."""
    from cpt_rag.cli.render import print_json, print_report, progress_bar, report_fields
    from cpt_rag.ingest import ingest

    with progress_bar(shown=not json) as progress:
        report = ingest(
            paths,
            collection=collection,
            store=store,
            encoder=encoder,
            preset=preset,
            name=name,
            document_key=document_key,
            descriptions=descriptions,
            progress=progress,
        )
    if json:
        print_json(report_fields(report))
    else:
        print_report(report, collection)
