"""Two encoders on the same folders, by the same queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate import Estimate
from cpt_rag.evaluate.measures import LEADING, MEASURES, Found
from cpt_rag.ingest import Progress
from cpt_rag.own.questions import questions_of
from cpt_rag.own.report import BEST, by_class, overall
from cpt_rag.own.run import MOST_QUERIES, Questioned, ask_one, index_without
from cpt_rag.own.texts import read_texts

if TYPE_CHECKING:
    from cpt_rag.types import Encoder

_Founds = dict[str, list[Found]]


@dataclass(frozen=True, slots=True)
class Change:
    """One measure over the queries of one class, or "all" classes."""

    query_class: str
    measure: str
    before: Estimate
    after: Estimate

    @property
    def gain(self) -> Estimate:
        """After minus before, query by query."""
        return self.after.minus(self.before)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How ranked search changes from one encoder to another.

    ``left_out`` says of a folder, or a class of its queries, why it had no part; without any query
    there is no change.
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    left_out: Mapping[str, str]

    @property
    def decisive(self) -> Estimate | None:
        """The gain in nDCG@10 over all classes; None where nothing could be asked."""
        gains = {one.query_class: one.gain for one in self.changes if one.measure == LEADING}
        return overall(gains) if gains else None

    @property
    def worse(self) -> bool:
        """Whether the loss is more than chance: the 95% interval lies below zero."""
        return self.decisive is not None and self.decisive.high < 0


def compare_encoders(
    folders: Mapping[Path, Collection[str]],
    before: Encoder,
    after: Encoder,
    progress: Progress | None = None,
) -> Comparison:
    """Index each folder with both encoders, without what it asks, and ask.

    Args:
        folders: to the paths of those of their files that count, relative to them.
        before: one encoder.
        after: the other.
        progress: told after each file, then after each query.
    """
    left_out: dict[str, str] = {}
    founds: tuple[_Founds, _Founds] = ({}, {})
    for folder, paths in folders.items():
        try:
            texts, _ = read_texts(folder)
            texts = {path: text for path, text in texts.items() if path in paths}
            questions = questions_of(folder, texts, MOST_QUERIES)
        except InvalidInputError as error:
            left_out[str(folder)] = error.found
            continue
        left_out |= {f"{folder}: {name}": reason for name, reason in questions.left_out.items()}
        for every, encoder in zip(founds, (before, after), strict=True):
            for name, some in _ask(texts, questions.asked, encoder, progress).items():
                every.setdefault(name, []).extend(some)
    names = before.fingerprint.name, after.fingerprint.name
    return Comparison(*names, tuple(_changes(*founds)), left_out)


def _ask(
    texts: Mapping[str, str], asked: Questioned, encoder: Encoder, progress: Progress | None
) -> _Founds:
    tell = progress or (lambda done, total, label: None)
    total = sum(map(len, asked.values()))
    founds: _Founds = {}
    done = 0
    with index_without(texts, asked, encoder, progress) as (collection, moved, _):
        for name, some in moved.items():
            founds[name] = []
            for query in some:
                founds[name].append(ask_one(query, collection, BEST))
                done += 1
                tell(done, total, f"asking: {encoder.fingerprint.name}")
    return founds


def _changes(before: _Founds, after: _Founds) -> list[Change]:
    if not before:
        return []
    figures = {
        measure: (by_class(before, measure), by_class(after, measure)) for measure in MEASURES
    }
    return [
        Change(name, measure, was[name], now[name])
        for measure, (was, now) in figures.items()
        for name in was
    ]
