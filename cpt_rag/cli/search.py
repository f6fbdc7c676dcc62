"""``cpt-rag search``."""

from __future__ import annotations

from typing import Annotated

import typer

from cpt_rag.cli.options import (
    CollectionOption,
    EncoderOption,
    FilterOption,
    JsonOption,
    StoreOption,
    note_lexical,
    read_filters,
)

NOTHING_FOUND = 1


def command(
    query: Annotated[str, typer.Argument(help="A question, a symbol or an error message.")],
    collection: CollectionOption,
    store: StoreOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", help="Hits at most.")] = 10,
    filter_: FilterOption = None,
    encoder: EncoderOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what each score is made of.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Find the chunks that answer a question, best first."""
    from dataclasses import asdict

    from cpt_rag.cli.render import print_hits, print_json
    from cpt_rag.collection import open_collection
    from cpt_rag.retrieve import check_query, search

    filters = read_filters(filter_)
    check_query(query, limit)
    with open_collection(collection, store, encoder=encoder) as opened:
        note_lexical(opened)
        hits = search(query, collection=opened, limit=limit, filters=filters)
    if json:
        for hit in hits:
            print_json(asdict(hit))
    else:
        print_hits(hits, explain=explain)
    if not hits:
        raise typer.Exit(NOTHING_FOUND)
