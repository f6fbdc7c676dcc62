"""``cpt-rag list``, ``status`` and ``delete``."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from cpt_rag.cli.options import CollectionOption, JsonOption, StoreOption
from cpt_rag.cli.run import BAD_USE
from cpt_rag.errors import CptRagError


def list_(store: StoreOption = None, json: JsonOption = False) -> None:
    """Name the collections of a store."""
    from cpt_rag.cli.render import print_json
    from cpt_rag.collection import resolve_store

    for name in resolve_store(store).collections():
        if json:
            print_json({"collection": name})
        else:
            typer.echo(name)


def status(
    collection: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--collection", "-c", help="One collection [default: all of the store]."),
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Show what each collection holds and which encoder made it."""
    from dataclasses import asdict

    from cpt_rag.cli.render import print_json, print_status
    from cpt_rag.collection import resolve_store
    from cpt_rag.ingest import collection_status

    opened = resolve_store(store)
    code = 0
    for name in [collection] if collection is not None else opened.collections():
        try:
            found = collection_status(name, opened)
        except CptRagError as error:
            if collection is not None:
                raise
            code = BAD_USE  # one that is locked or damaged does not hide the others
            typer.echo(f"{name}: {error.found}", err=True)
            continue
        if json:
            print_json(asdict(found))
        else:
            print_status(found)
    raise typer.Exit(code)


def delete(
    collection: CollectionOption,
    store: StoreOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a collection, after asking."""
    from cpt_rag.collection import resolve_store

    opened = resolve_store(store)
    question = f"Delete collection {collection!r} with all its points?"
    if not yes and opened.exists(collection) and not typer.confirm(question):
        typer.echo("Nothing was deleted.", err=True)
        raise typer.Exit(BAD_USE)
    opened.delete(collection)
    typer.echo(f"Deleted {collection!r}.", err=True)
