"""Commands: ``mine`` hard negatives out of a corpus, ``grade`` those of a file of triplets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.console import Console

from cpt_rag import load_encoder
from cpt_rag.cli.run import main
from cpt_rag.errors import InvalidInputError
from cpt_training.corpus.locate import DEFAULT_CACHE, corpus_directory
from cpt_training.negatives.annotate import EmbeddingAnnotator
from cpt_training.negatives.chat import ChatAnnotator
from cpt_training.negatives.grade import grade
from cpt_training.negatives.mine import Mining, Within, mine
from cpt_training.negatives.record import record_path
from cpt_training.negatives.refine import Refinement

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)

Model = Annotated[str, typer.Option(help="A shipped model's name, or a folder.")]
Out = Annotated[Path, typer.Option(help="The file to write: JSON Lines, compressed if .gz.")]


@app.command("mine")
def mine_command(  # noqa: PLR0913  (one parameter for each option)
    *,
    corpus: Annotated[str, typer.Option(help="Name of a shipped manifest, or a TOML file.")],
    model: Model,
    kinds: Annotated[str, typer.Option(help="Kinds of pair, with commas.")],
    out: Out,
    most: Annotated[int, typer.Option(help="Negatives of a query, at most.")] = 4,
    within: Annotated[
        Within, typer.Option(help="Of its language, or of its package and language.")
    ] = Within.LANGUAGE,
    below: Annotated[
        float, typer.Option(help="Share of the positive's score to stay below; inf for any.")
    ] = 0.95,
    pairs: Annotated[int, typer.Option(help="Queries of each kind, 0 for all.")] = 0,
    cache: Annotated[Path, typer.Option(help="Where corpora are kept.")] = DEFAULT_CACHE,
) -> None:
    """Triplets of a corpus's training pairs, with the documents that a model finds near."""
    wanted = Mining(tuple(name for name in kinds.split(",") if name), most, within, below, pairs)
    encoder = load_encoder(model)
    with console.status("") as status:
        record = mine(corpus_directory(corpus, cache), encoder, wanted, out, status.update)
    console.print(f"Wrote {record['triplets']:,} triplets to {out}, and {record_path(out)}.")


@app.command("grade")
def grade_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of triplets.")],
    out: Out,
    model: Annotated[
        Optional[str],  # noqa: UP045  (typer reads annotations at run time, on 3.10 too)
        typer.Option(help="What labels pairs: a shipped model's name, or a folder."),
    ] = None,
    chat: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="MODULE:NAME",
            help="A chat model of LangChain: decides about negatives in doubt, and labels pairs "
            "where no --model does.",
        ),
    ] = None,
    raise_by: Annotated[
        float, typer.Option(help="Added to the grade of a negative that may be right.")
    ] = 0.1,
    tree_below: Annotated[
        float, typer.Option(help="Edit distance over nodes of almost equal trees; -1 for none.")
    ] = 0.1,
) -> None:
    """The same triplets, each negative with a grade, refined."""
    judge = _chat(chat) if chat else None
    annotator = EmbeddingAnnotator(load_encoder(model)) if model else judge
    if annotator is None:
        raise InvalidInputError(
            "Nothing is named that labels pairs.",
            expected="--model, --chat or both",
            remedy="pass --model cpt-static, or a stronger one",
        )
    refinement = Refinement(raise_by, tree_below)
    with console.status("") as status:
        record = grade(file, annotator, refinement, out, status.update, judge)
    console.print(f"Wrote {record['triplets']:,} triplets to {out}, and {record_path(out)}.")
    limit = record["parting"]
    console.print(
        f"{record['raised']:,} of {record['negatives']:,} negatives may be right answers; "
        + ("no similarity parts" if limit is None else f"a similarity of {limit:.3f} parts")
        + " wrong pairs from right ones."
    )
    for what in ("label", "verdict"):
        if record[f"without_{what}"]:
            console.print(f"{record[f'without_{what}']:,} negatives got no {what}.")


def _chat(name: str) -> ChatAnnotator:
    from cpt_training.synthesis.chat import load_chat, model_name

    model = load_chat(name)
    return ChatAnnotator(model, model_name(model))


if __name__ == "__main__":
    main(app, "python -m cpt_training.negatives")
