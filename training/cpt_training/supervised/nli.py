"""Triplets of SNLI 1.0 and MultiNLI 1.0 as published.

Bowman et al. (2015, "A large annotated corpus for learning natural language inference") and
Williams et al. (2018, "A Broad-Coverage Challenge Corpus for Sentence Understanding through
Inference"): ``*.jsonl``, an object a line, or ``*.txt``, tab-separated below a line with the
columns' names, both with ``gold_label``, ``sentence1`` (the premise) and ``sentence2`` (the
hypothesis) among others. The label "-" says that the annotators did not agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from cpt_rag.errors import InvalidInputError
from cpt_training.evaluation.sets import said
from cpt_training.supervised.lines import bad_line, json_object, text_lines
from cpt_training.supervised.triplets import Triplet

ENTAILMENT, CONTRADICTION = "entailment", "contradiction"
# Why a line of such a label is left out, if it is.
_LABELS = {
    ENTAILMENT: "",
    CONTRADICTION: "",
    "neutral": "neutral lines",
    "-": "lines without a gold label",
}
_DISPUTED = "disputed"
_FIELDS = ("gold_label", "sentence1", "sentence2")
_EXPECTED = f"the texts {', '.join(_FIELDS)}; the label one of {', '.join(_LABELS)}"
# What is said of each premise's hypotheses, in the order of the files.
Labels = dict[str, dict[str, str]]


def convert_nli(paths: Iterable[Path], notes: list[str] | None = None) -> Iterator[Triplet]:
    """A triplet for each entailed hypothesis: premise, hypothesis, the premise's contradictions.

    A premise's hypotheses are gathered from all files before the first triplet comes. A premise
    without a contradiction gives pairs, without negatives. A hypothesis that the same premise both
    entails and contradicts is neither.

    Args:
        paths: files named ``*.jsonl`` or ``*.txt`` (or ``*.tsv``), each perhaps with ``.gz``.
        notes: takes one line for each reason for which lines were left out, at the end.

    Raises:
        InvalidInputError: while converting: a file cannot be read, is of another kind or holds
            nothing, or a line lacks a field or has an unknown label.
    """
    left_out: Counter[str] = Counter()
    labels: Labels = {}
    for path in paths:
        _gather(path, labels, left_out)
    for premise, hypotheses in labels.items():
        entailed = [text for text, label in hypotheses.items() if label == ENTAILMENT]
        against = tuple(text for text, label in hypotheses.items() if label == CONTRADICTION)
        for hypothesis in entailed:
            yield Triplet(premise, hypothesis, against)
        if not entailed:
            left_out["contradictions of premises that entail nothing"] += len(against)
    if notes is not None:
        notes.extend(note for reason, count in left_out.items() for note in said(count, reason))


def _gather(path: Path, labels: Labels, left_out: Counter[str]) -> None:
    number = 0
    for number, (label, premise, hypothesis) in _rows(path):
        if label not in _LABELS:
            raise bad_line(path, number, f"has the label {label!r}", _EXPECTED)
        reason = _LABELS[label]
        if not reason and not (premise and hypothesis):
            reason = "lines with a blank sentence"
        if reason:
            left_out[reason] += 1
        else:
            _label(labels.setdefault(premise, {}), hypothesis, label, left_out)
    if not number:
        raise InvalidInputError(
            f"{path} holds no labelled sentences.",
            expected="a file of SNLI or MultiNLI as published",
            remedy="fetch the file again",
        )


def _label(hypotheses: dict[str, str], hypothesis: str, label: str, left_out: Counter[str]) -> None:
    known = hypotheses.setdefault(hypothesis, "")
    if not known:
        hypotheses[hypothesis] = label
    elif known == label:
        left_out["repeated lines"] += 1
    else:
        # The line that came first is left out as well, once.
        left_out["lines both entailed and contradicted"] += 1 if known == _DISPUTED else 2
        hypotheses[hypothesis] = _DISPUTED


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number, and label, premise and hypothesis, of each line; the sentences are stripped."""
    kind = Path(path.name.removesuffix(".gz")).suffix
    if kind == ".jsonl":
        rows = _objects(path)
    elif kind in {".txt", ".tsv"}:
        rows = _table(path)
    else:
        raise InvalidInputError(
            f"{path} is of no known kind: {kind!r}.",
            expected=".jsonl or .txt, as SNLI and MultiNLI are published",
            remedy="pass files such as snli_1.0_train.jsonl or multinli_1.0_train.txt",
        )
    # Some premises of MultiNLI begin with a space.
    return ((number, [text.strip() for text in texts]) for number, texts in rows)


def _objects(path: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in text_lines(path):
        row = json_object(path, number, line, _EXPECTED)
        for name in _FIELDS:
            if not isinstance(row.get(name), str):
                found = f"has no text as {name!r}: {row.get(name)!r}"
                raise bad_line(path, number, found, _EXPECTED)
        yield number, [row[name] for name in _FIELDS]


def _table(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows may be shorter than the heading: the annotators' labels at the end are often fewer."""
    places: list[int] = []
    for number, line in text_lines(path):
        columns = line.split("\t")
        if not places:
            for name in _FIELDS:
                if name not in columns:
                    found = f"names no column {name!r}"
                    raise bad_line(path, number, found, f"a heading with {', '.join(_FIELDS)}")
            places = [columns.index(name) for name in _FIELDS]
        elif len(columns) <= max(places):
            found = f"has {len(columns)} columns, which do not reach {_FIELDS[-1]}"
            raise bad_line(path, number, found, "the columns that the heading names")
        else:
            yield number, [columns[place] for place in places]
