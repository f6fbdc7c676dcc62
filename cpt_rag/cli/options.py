"""Options that several commands share, spelled once."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

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
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON lines, and nothing else, on standard output.")
]
