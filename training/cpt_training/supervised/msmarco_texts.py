"""MS MARCO's ``triples.train.small.tsv``: query, relevant passage, other passage, all as texts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import numpy as np

from cpt_rag.errors import InvalidInputError
from cpt_training.evaluation.tsv import TsvColumn
from cpt_training.supervised.lines import bad_line, located_lines
from cpt_training.supervised.triplets import Triplet

# Why lines are left out, of this file and of that of ids.
JUDGED = "negatives judged relevant for their query"
REPEATED = "repeated negatives"
BEYOND = "negatives beyond those asked for"
_EXPECTED = "a query, a relevant passage and another passage, with tabs"


@dataclass(slots=True)
class _Query:
    """Where a line with each passage begins, by the passage's digest: texts stay on the disk."""

    positives: dict[bytes, int] = field(default_factory=dict)
    negatives: dict[bytes, int] = field(default_factory=dict)


def digest(text: str) -> bytes:
    """What tells one passage of a query from another."""
    return hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest()


def text_triplets(
    path: Path, limit: int, judged: Mapping[str, Collection[bytes]], left_out: Counter[str]
) -> Iterator[Triplet]:
    """A triplet for each query and relevant passage, queries as they first appear.

    Args:
        path: the file, of which each query has many lines, far apart.
        limit: how many negatives a triplet may have; the first of the query are taken.
        judged: digests of further passages relevant for a query, which are no negatives either.
        left_out: counts the lines that gave no negative, by reason.

    Raises:
        InvalidInputError: the file cannot be read, holds nothing or has a bad line.
    """
    queries = _scan(path, limit, judged, left_out)
    if not queries:
        raise InvalidInputError(
            f"{path} holds no triple with words.", expected=_EXPECTED, remedy="fetch it again"
        )
    positives = _column(path, (query.positives.values() for query in queries.values()), 1)
    negatives = _column(path, (query.negatives.values() for query in queries.values()), 2)
    for text, query in queries.items():
        against = tuple(islice(negatives, len(query.negatives)))
        for positive in islice(positives, len(query.positives)):
            yield Triplet(text, positive, against)


def _scan(
    path: Path, limit: int, judged: Mapping[str, Collection[bytes]], left_out: Counter[str]
) -> dict[str, _Query]:
    queries: dict[str, _Query] = {}
    for number, start, line in located_lines(path):
        columns = [column.strip() for column in line.split("\t")]
        if len(columns) != 3:
            raise bad_line(path, number, f"has {len(columns)} columns", _EXPECTED)
        if not all(columns):
            left_out["triples with a blank text"] += 1
            continue
        text, positive, negative = columns
        query = queries.setdefault(text, _Query())
        right, other = digest(positive), digest(negative)
        query.positives.setdefault(right, start)
        if query.negatives.pop(right, None) is not None:  # known as relevant only now
            left_out[JUDGED] += 1
        if other in query.positives or other in judged.get(text, ()):
            left_out[JUDGED] += 1
        elif other in query.negatives:
            left_out[REPEATED] += 1
        elif len(query.negatives) >= limit:
            left_out[BEYOND] += 1
        else:
            query.negatives[other] = start
    return queries


def _column(path: Path, starts: Iterable[Iterable[int]], column: int) -> Iterator[str]:
    lines = np.fromiter(chain.from_iterable(starts), dtype=np.int64)
    return (text.strip() for text in TsvColumn(path, lines, column, 3))
