"""A file of triplets with the grades that an annotator gives their negatives, refined."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cpt_training.data.triplets import file_hash
from cpt_training.negatives.annotate import Annotator, Judge, Labels
from cpt_training.negatives.journal import Journal
from cpt_training.negatives.mine import Tell
from cpt_training.negatives.record import write_record
from cpt_training.negatives.refine import Doubts, Refinement, doubts, graded, parting_of
from cpt_training.supervised.triplets import Triplet, read_triplets, write_triplets


def grade(
    path: Path,
    annotator: Annotator,
    refinement: Refinement,
    out: Path,
    tell: Tell,
    judge: Judge | None = None,
) -> dict[str, Any]:
    """Write the triplets of a file with grades, and a record beside the new one.

    Labels, and then what a judge says, are kept as they come in ``OUT.journal``: stopped and
    started again, the same call goes on there.

    Args:
        path: a file of triplets; grades that it has are replaced.
        annotator: labels every pair.
        refinement: how the labels are refined.
        out: the file to write.
        tell: hears what is being done.
        judge: asked about every doubtful negative; without one, all of them are taken for right.

    Returns:
        The record.

    Raises:
        InvalidInputError: a file cannot be read or written, or ``OUT.journal`` is another run's.
        TrainingError: an annotator or judge did not answer.
    """
    triplets = list(read_triplets(path))
    made_from = {
        "triplets_sha256": file_hash(path),
        "annotator": annotator.name,
        "refinement": asdict(refinement),
        "judge": None if judge is None else judge.name,
    }
    journal = Journal(out.with_name(f"{out.name}.journal"), made_from)
    labels = _annotated(triplets, annotator, journal, tell)
    limit = parting_of(labels)
    tell("comparing syntax trees")
    doubted = [
        doubts(triplet, own, limit, refinement.tree_below)
        for triplet, own in zip(triplets, labels, strict=True)
    ]
    verdicts = _verdicts(triplets, doubted, judge, journal, tell)
    raised: defaultdict[int, list[int]] = defaultdict(list)
    for (row, place), right in verdicts.items():
        if right:
            raised[row].append(place)
    rows = enumerate(zip(triplets, labels, strict=True))
    written = write_triplets(
        out,
        (
            graded(triplet, own, raised.get(row, ()), refinement.raise_by)
            for row, (triplet, own) in rows
        ),
    )
    record = {
        **made_from,
        "triplets": written,
        "parting": limit,
        **_counts(labels, doubted, verdicts.values()),
    }
    write_record(out, record)
    journal.remove()
    return record


def _annotated(
    triplets: Sequence[Triplet], annotator: Annotator, journal: Journal, tell: Tell
) -> list[Labels]:
    """The labels of all triplets, those of an earlier run taken over."""
    for own in annotator.annotate(triplets[len(journal.values) :]):
        journal.add([own.positive, own.negatives])
        tell(f"labelling, {len(journal.values):,} of {len(triplets):,} triplets")
    known = journal.values[: len(triplets)]
    return [Labels(positive, tuple(negatives)) for positive, negatives in known]


def _verdicts(
    triplets: Sequence[Triplet],
    doubted: Sequence[tuple[Doubts, ...]],
    judge: Judge | None,
    journal: Journal,
    tell: Tell,
) -> dict[tuple[int, int], bool | None]:
    """Whether each doubtful negative, by row and place, is a right answer; None where the judge
    says neither. Those of an earlier run are taken over from behind the labels."""
    asked = [
        (row, place) for row, own in enumerate(doubted) for place, why in enumerate(own) if why
    ]
    if judge is None:
        return dict.fromkeys(asked, True)
    known = len(journal.values) - len(triplets)
    for number, (row, place) in enumerate(asked[known:], known):
        tell(f"judging, {number:,} of {len(asked):,} negatives")
        journal.add(judge.fits(triplets[row].anchor, triplets[row].negatives[place]))
    return dict(zip(asked, journal.values[len(triplets) :], strict=True))


def _counts(
    labels: Sequence[Labels],
    doubted: Sequence[tuple[Doubts, ...]],
    verdicts: Collection[bool | None],
) -> dict[str, Any]:
    """How many negatives there were, why they were in doubt, and what became of them."""
    every = [label for own in labels for label in own.negatives]
    reasons = Counter(doubt.value for own in doubted for why in own for doubt in why)
    return {
        "negatives": len(every),
        "without_label": sum(label is None for label in every),
        "in_doubt": dict(sorted(reasons.items())),
        "without_verdict": sum(right is None for right in verdicts),
        "raised": sum(right is True for right in verdicts),
    }
