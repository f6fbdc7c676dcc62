"""Which answers are worth training on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_training.corpus.check import EVALUATION_THRESHOLD
from cpt_training.corpus.near import Digest, NearDuplicates, Sketches, evaluation_texts, sketch
from cpt_training.synthesis.answers import Answer
from cpt_training.synthesis.filters import fault, plain
from cpt_training.synthesis.prompts import PROMPTS
from cpt_training.synthesis.round_trip import ranks
from cpt_training.synthesis.subject import digest

if TYPE_CHECKING:
    from cpt_rag.types import Encoder

KEPT = "kept"
FAILED, OLD_PROMPT = "failed", "old_prompt"
NEAR_EVALUATION, NEAR_DUPLICATE, ROUND_TRIP = "near_evaluation", "near_duplicate", "round_trip"
REPEAT_THRESHOLD = 0.8
"""The share of common five-grams at which a text repeats an earlier one."""


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A text must find its own code within ``rank`` among so many others, with ``encoder``."""

    encoder: Encoder
    rank: int
    among: int


@dataclass(slots=True)
class Judged:
    """An answer, the text in it, and `KEPT` or the name of the filter that refused it."""

    answer: Answer
    text: str
    verdict: str = ""


def judge(answers: Iterable[Answer], trip: RoundTrip, evaluation: Path | None) -> list[Judged]:
    """Every answer with its verdict; the first filter that refuses it is the one that is named.

    Args:
        answers: in any order; the verdicts do not depend on it.
        trip: the last filter, and the dearest.
        evaluation: a folder of evaluation sets that neither text nor code may resemble, where the
            model to be trained is measured on them.
    """
    ordered = sorted(answers, key=lambda one: (digest(one.subject.code), one.prompt, one.key))
    judged = [_alone(answer) for answer in ordered]
    if evaluation is not None:
        _against(judged, evaluation)
    _repeats(judged)
    _round_trip(judged, trip)
    for one in judged:
        one.verdict = one.verdict or KEPT
    return judged


def tally(judged: Iterable[Judged]) -> dict[str, dict[str, int]]:
    """How many answers to each prompt have each verdict."""
    counts: dict[str, Counter[str]] = {}
    for one in judged:
        counts.setdefault(one.answer.prompt, Counter())[one.verdict] += 1
    return {prompt: dict(sorted(counts[prompt].items())) for prompt in sorted(counts)}


def _alone(answer: Answer) -> Judged:
    if answer.error:
        return Judged(answer, "", FAILED)
    prompt = PROMPTS.get(answer.prompt)
    text = plain(answer.answer)
    if prompt is None or prompt.sha256 != answer.prompt_sha256:
        return Judged(answer, text, OLD_PROMPT)
    return Judged(answer, text, fault(text, answer.subject, prompt))


def _against(judged: Sequence[Judged], evaluation: Path) -> None:
    texts = dict.fromkeys(text for _, text in evaluation_texts(evaluation))
    sets = NearDuplicates(texts, EVALUATION_THRESHOLD)
    codes: dict[str, bool] = {}
    for one in judged:
        if not one.verdict:
            code = one.answer.subject.code
            if code not in codes:
                codes[code] = sets.find(Digest.of(code)) is not None
            if codes[code] or sets.find(Digest.of(one.text)) is not None:
                one.verdict = NEAR_EVALUATION


def _repeats(judged: Sequence[Judged]) -> None:
    sketches, short = Sketches(REPEAT_THRESHOLD), set[str]()
    for one in judged:
        if not one.verdict:
            said = Digest.of(one.text)
            new = said.words not in short if said.grams is None else sketches.add(sketch(said))
            short.add(said.words)
            if not new:
                one.verdict = NEAR_DUPLICATE


def _round_trip(judged: Sequence[Judged], trip: RoundTrip) -> None:
    left = [one for one in judged if not one.verdict]
    if not left:
        return
    found = ranks(
        trip.encoder,
        [one.text for one in left],
        [one.answer.subject.code for one in left],
        [one.answer.subject.code for one in judged],
        trip.among,
    )
    for one, rank in zip(left, found, strict=True):
        if rank > trip.rank:
            one.verdict = ROUND_TRIP
