"""Options that several commands share, spelled once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from cpt_rag.errors import InvalidInputError

if TYPE_CHECKING:
    from cpt_rag.collection import Collection

CollectionOption = Annotated[
    str, typer.Option("--collection", "-c", help="Name of the collection.")
]
StoreOption = Annotated[
    Optional[str],  # noqa: UP045  (typer reads annotations at run time, on 3.10 too)
    typer.Option("--store", "-s", help="Folder or server URL [default: the user's data folder]."),
]
EncoderOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--encoder", "-e", help="Name or folder [default: the collection's own, or cpt-static]."
    ),
]
DescriptionsOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--descriptions", help="What chunks do, in words: JSON Lines from a model."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON lines, and nothing else, on standard output.")
]
FilterOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--filter",
        "-f",
        metavar="FIELD=VALUE",
        help="language=go, kind=function, symbol=Cart.add, root=NAME, or path=PATTERN as in "
        ".gitignore; several of one field mean any of them.",
    ),
]


def note_lexical(collection: Collection) -> None:
    """Say on standard error where vectors have no part in the search."""
    if collection.lexical:
        typer.echo(
            f"{collection.name!r} was embedded by an encoder that is not named with --encoder: "
            "searching by words alone.",
            err=True,
        )


def read_filters(given: list[str] | None) -> dict[str, list[str]]:
    """What ``--filter`` says, by field.

    Raises:
        InvalidInputError: one that is not FIELD=VALUE.
    """
    filters: dict[str, list[str]] = {}
    for one in given or ():
        field, equals, value = one.partition("=")
        if not (field and equals and value):
            raise InvalidInputError(
                f"The filter {one!r} has no field and value.",
                expected="FIELD=VALUE",
                remedy="write it as language=go",
            )
        filters.setdefault(field, []).append(value)
    return filters
