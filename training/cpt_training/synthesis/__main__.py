"""Commands: ``write`` texts about undocumented code, ``filter`` them, ``describe`` chunks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich.console import Console

from cpt_rag.cli.run import main
from cpt_rag.encoders import DEFAULT_ENCODER, load_encoder
from cpt_training.cli import Cache
from cpt_training.synthesis.answers import ANSWERS, AnswerFile, Request, latest
from cpt_training.synthesis.chat import load_chat, model_name
from cpt_training.synthesis.extra import require_extra
from cpt_training.synthesis.limits import Limits, limiter
from cpt_training.synthesis.prompts import DESCRIPTION, TRAINED

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from cpt_training.synthesis.ask import Outcome

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)

Model = Annotated[
    str, typer.Option(metavar="MODULE:NAME", help="A chat model of LangChain, or what makes one.")
]
Requests = Annotated[
    Optional[int],  # noqa: UP045  (typer reads annotations at run time, on 3.10 too)
    typer.Option(min=1, help="Requests to send at most."),
]
Tokens = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(min=1, help="Tokens to spend at most, read and written."),
]
Rate = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(min=0.001, help="Requests a second at most."),
]
AtOnce = Annotated[int, typer.Option(min=1, help="Requests under way at one time.")]


@app.command("write")
def write_command(
    source: Annotated[str, typer.Argument(help="A folder, or a corpus manifest's name or file.")],
    model: Model,
    out: Annotated[Path, typer.Option(help="The folder that takes the answers.")],
    requests: Requests = None,
    tokens: Tokens = None,
    rate: Rate = None,
    at_once: AtOnce = 8,
    cache: Cache = None,
) -> None:
    """Ask for docstrings and search queries for functions that have no documentation.

    Run it again and only what has no answer is asked.
    """
    require_extra()
    from cpt_training.corpus.locate import DEFAULT_CACHE
    from cpt_training.synthesis.undocumented import undocumented

    chat = load_chat(model)
    limits = _limits(requests, tokens, rate, at_once)
    left_out: Counter[str] = Counter()
    subjects = undocumented(source, cache or DEFAULT_CACHE, left_out)
    console.print(f"{len(subjects):,} undocumented functions.")
    _say_left_out(left_out)
    every = [Request(prompt, subject) for subject in subjects for prompt in TRAINED]
    _say(_ask(chat, every, out / ANSWERS, limits), out / ANSWERS)


@app.command("filter")
def filter_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of answers.")],
    encoder: Annotated[
        str, typer.Option(help="By which a text must find its own function.")
    ] = DEFAULT_ENCODER,
    rank: Annotated[int, typer.Option(min=1, help="... at this rank or better")] = 10,
    among: Annotated[int, typer.Option(min=1, help="... among so many others.")] = 1000,
    evaluation: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Evaluation sets that nothing kept may resemble."),
    ] = None,
) -> None:
    """Keep the answers that are worth training on, as triplets, and say why others are not."""
    require_extra()
    from cpt_training.corpus.check import find_evaluation
    from cpt_training.synthesis.judge import RoundTrip, judge
    from cpt_training.synthesis.output import TRIPLETS, write_judged

    sets = find_evaluation(evaluation)
    trip = RoundTrip(load_encoder(encoder), rank, among)
    judged = judge(latest(folder / ANSWERS), trip, sets)
    report = write_judged(folder, judged, trip)
    for prompt, verdicts in report["verdicts"].items():
        console.print(f"{prompt}: {_counts(verdicts)}")
    console.print(f"Wrote {report['kept']:,} triplets to {folder / TRIPLETS}.")


@app.command("describe")
def describe_command(
    folder: Annotated[Path, typer.Argument(help="The folder that is to be ingested.")],
    model: Model,
    out: Annotated[Path, typer.Option(help="The file of descriptions to write.")],
    encoder: Annotated[
        str, typer.Option(help="The collection's encoder, which measures the chunks.")
    ] = DEFAULT_ENCODER,
    requests: Requests = None,
    tokens: Tokens = None,
    rate: Rate = None,
    at_once: AtOnce = 8,
) -> None:
    """Ask for a description of each chunk of code, for cpt-rag ingest --descriptions FILE.

    The answers stay beside the file; run it again and only what has none is asked.
    """
    require_extra()
    from cpt_training.synthesis.descriptions import chunks_of_code, write_descriptions

    chat = load_chat(model)
    limits = _limits(requests, tokens, rate, at_once)
    left_out: Counter[str] = Counter()
    measure = load_encoder(encoder)
    subjects = chunks_of_code(folder, measure, left_out)
    console.print(f"{len(subjects):,} chunks of code.")
    _say_left_out(left_out)
    kept = out.with_name(f"{out.name}.{ANSWERS}")
    outcome = _ask(chat, [Request(DESCRIPTION, subject) for subject in subjects], kept, limits)
    verdicts = write_descriptions(out, subjects, latest(kept), model_name(chat), measure)
    _say(outcome, kept)
    console.print(f"Descriptions in {out}: {_counts(verdicts)}")


def _limits(requests: int | None, tokens: int | None, rate: float | None, at_once: int) -> Limits:
    return Limits(at_once, requests, tokens, None if rate is None else limiter(rate))


def _ask(chat: BaseChatModel, requests: Sequence[Request], kept: Path, limits: Limits) -> Outcome:
    from cpt_training.synthesis.ask import ask

    with AnswerFile(kept) as answers, console.status("asking") as status:
        return ask(
            chat,
            requests,
            answers,
            limits,
            lambda done: status.update(f"asking: {done:,} of {len(requests):,}"),
        )


def _say_left_out(left_out: Mapping[str, int]) -> None:
    for reason, count in sorted(left_out.items()):
        console.print(f"left out, {reason}: {count:,}")


def _say(outcome: Outcome, answers: Path) -> None:
    console.print(
        f"{outcome.answered:,} answered, {outcome.failed:,} failed, {outcome.known:,} answered"
        f" before: {outcome.requests:,} requests, {outcome.tokens:,} tokens. Answers in {answers}."
    )
    if outcome.spent:
        console.print(
            f"The {outcome.spent} are spent, {outcome.left:,} requests are left:"
            " run the same command again to go on."
        )


def _counts(verdicts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(verdicts.items()))


if __name__ == "__main__":
    main(app, "python -m cpt_training.synthesis")
