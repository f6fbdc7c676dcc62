"""Commands: ``mine`` hard negatives out of a corpus, ``grade`` those of a file of triplets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cpt_rag import load_encoder
from cpt_rag.cli.run import main
from cpt_training.corpus.locate import DEFAULT_CACHE, corpus_directory
from cpt_training.negatives.annotate import EmbeddingAnnotator
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
    model: Model,
    out: Out,
    raise_by: Annotated[
        float, typer.Option(help="Added to the grade of a negative that may be right.")
    ] = 0.1,
    tree_below: Annotated[
        float, typer.Option(help="Edit distance over nodes of almost equal trees; -1 for none.")
    ] = 0.1,
) -> None:
    """The same triplets, each negative with a grade by an embedding model, refined."""
    annotator = EmbeddingAnnotator(load_encoder(model))
    with console.status("") as status:
        record = grade(file, annotator, Refinement(raise_by, tree_below), out, status.update)
    console.print(f"Wrote {record['triplets']:,} triplets to {out}, and {record_path(out)}.")
    console.print(
        f"{record['raised']:,} of {record['negatives']:,} negatives may be right answers; wrong "
        f"pairs and right ones part at a similarity of {record['parting']}."
    )


if __name__ == "__main__":
    main(app, "python -m cpt_training.negatives")
