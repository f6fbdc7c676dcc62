"""``cpt-rag context``."""

from __future__ import annotations

from typing import Annotated

import typer

from cpt_rag.cli.options import (
    CollectionOption,
    EncoderOption,
    FilterOption,
    StoreOption,
    note_lexical,
    read_filters,
)


def command(
    query: Annotated[str, typer.Argument(help="A question, a symbol or an error message.")],
    collection: CollectionOption,
    store: StoreOption = None,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", "-t", help="Most tokens of all that is printed.")
    ] = 8000,
    form: Annotated[str, typer.Option("--format", help="markdown, xml or json.")] = "markdown",
    limit: Annotated[
        int, typer.Option("--limit", "-n", help="Hits to choose from, at most.")
    ] = 100,
    filter_: FilterOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Print the passages that answer a question, for a language model to read.

    Tokens are an upper estimate for current models; the Python function takes a counter of your
    own.
    """
    import sys

    from cpt_rag.collection import open_collection
    from cpt_rag.retrieve import context

    with open_collection(collection, store, encoder=encoder) as opened:
        note_lexical(opened)
        pack = context(
            query,
            collection=opened,
            max_tokens=max_tokens,
            form=form,
            limit=limit,
            filters=read_filters(filter_),
        )
    sys.stdout.write(pack.text)
