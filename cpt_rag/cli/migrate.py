"""``cpt-rag migrate`` and ``rollback``."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from cpt_rag.cli.options import CollectionOption, JsonOption, StoreOption


def migrate(
    collection: CollectionOption,
    encoder: Annotated[
        Optional[str],  # noqa: UP045  (typer reads annotations at run time, on 3.10 too)
        typer.Option("--encoder", "-e", help="Name or folder [default: the collection's own]."),
    ] = None,
    store: StoreOption = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Switch even where search gets worse.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Change a collection's encoder while it is searched; run it again to go on."""
    from cpt_rag.cli.migration_table import migration_fields, print_migration
    from cpt_rag.cli.render import print_json, progress_bar
    from cpt_rag.migrate import migrate as make_so

    with progress_bar(shown=not json) as progress:
        report = make_so(collection, encoder=encoder, store=store, force=yes, progress=progress)
    if json:
        print_json(migration_fields(report))
    else:
        print_migration(report)


def rollback(collection: CollectionOption, store: StoreOption = None) -> None:
    """Switch back to the version before the last migration; a second time, forward again."""
    from cpt_rag.migrate import rollback as switch_back

    encoder = switch_back(collection, store=store)
    typer.echo(f"{collection!r} is served as {encoder} made it.", err=True)
