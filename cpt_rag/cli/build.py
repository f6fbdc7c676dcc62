"""``cpt-rag encoders build``."""

from __future__ import annotations

from typing import Annotated

import typer

from cpt_rag.cli.options import JsonOption
from cpt_rag.errors import InvalidInputError


def command(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A shipped encoder's name, or a folder.")
    ],
    onnx: Annotated[
        bool, typer.Option("--onnx", help="The int8 form that onnxruntime runs, without torch.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make a faster form of a transformer in the user's cache; --encoder takes it from then on."""
    from cpt_rag.cli.render import print_json
    from cpt_rag.encoders.onnx_build import build_onnx

    if not onnx:
        raise InvalidInputError(
            "No form is named.",
            expected="--onnx",
            remedy=f"cpt-rag encoders build {name} --onnx",
        )
    place, form = build_onnx(name)
    if json:
        likeness = {"texts": form.texts, "cosine": form.cosine, "least_cosine": form.least_cosine}
        print_json({"place": str(place), **likeness})
    else:
        typer.echo(
            f"{name} in int8 is in {place}\n"
            f"cosine with the plain model: {form.cosine:.4f} on average, {form.least_cosine:.4f} "
            f"at least, over {form.texts:,} texts"
        )
