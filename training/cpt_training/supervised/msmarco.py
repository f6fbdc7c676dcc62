"""Triplets of MS MARCO's passage ranking as published (Bajaj et al. 2016, "MS MARCO").

A folder with ``collection.tsv`` (passage id, passage), ``queries.train.tsv`` (query id, query),
``qrels.train.tsv`` (query id, 0, passage id, 1) and, for the hard negatives,
``qidpidtriples.train.full.2.tsv`` (query id, a relevant passage's id, another's), perhaps with
``.gz``. In place of the last, ``triples.train.small.tsv`` serves, which holds texts and needs none
of the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from cpt_rag.errors import InvalidInputError
from cpt_training.evaluation.msmarco import COLLECTION, read_msmarco
from cpt_training.evaluation.sets import Grades, RetrievalSet, said
from cpt_training.supervised.lines import bad_line, text_lines
from cpt_training.supervised.msmarco_texts import (
    BEYOND,
    JUDGED,
    REPEATED,
    digest,
    text_triplets,
)
from cpt_training.supervised.triplets import Triplet

JUDGEMENTS = (COLLECTION, "queries.train.tsv", "qrels.train.tsv")
ID_TRIPLES = ("qidpidtriples.train.full.2.tsv", "qidpidtriples.train.full.2.tsv.gz")
TEXT_TRIPLES = "triples.train.small.tsv"
Ids = dict[str, list[str]]


def convert_msmarco(
    directory: Path, negatives: int, notes: list[str] | None = None
) -> Iterator[Triplet]:
    """A triplet for each passage judged relevant: query, passage, up to ``negatives`` others.

    The negatives are a query's first in the file, which is published shuffled; no passage judged
    relevant for the query is among them, nor one of the same words. A query without any gives
    pairs. Passages stay on the disk until they are written.

    Args:
        directory: the folder of the files.
        negatives: how many a triplet may have, at least 1.
        notes: takes one line for each reason for which lines were left out, at the end.

    Raises:
        InvalidInputError: while converting: a file is missing, cannot be read or has a bad line.
    """
    left_out: Counter[str] = Counter()
    remarks: tuple[str, ...] = ()
    source = _negatives_file(directory)
    if source.name == TEXT_TRIPLES:
        yield from text_triplets(source, negatives, _relevant_digests(directory), left_out)
    else:
        data = _read(directory)
        remarks = data.notes
        chosen = _choose(source, data.grades, negatives, left_out)
        yield from _triplets(data, chosen, left_out)
    if notes is not None:
        notes.extend(remarks)
        notes.extend(note for reason, count in left_out.items() for note in said(count, reason))


def _negatives_file(directory: Path) -> Path:
    for name in (*ID_TRIPLES, TEXT_TRIPLES):
        if (directory / name).is_file():
            return directory / name
    raise InvalidInputError(
        f"{directory} holds no file of negatives.",
        expected=f"{ID_TRIPLES[0]} (or .gz), or {TEXT_TRIPLES}",
        remedy="put one of them, as MS MARCO publishes it, into that folder",
    )


def _read(directory: Path) -> RetrievalSet:
    missing = [name for name in JUDGEMENTS if not (directory / name).is_file()]
    if missing:
        raise InvalidInputError(
            f"{directory} lacks {', '.join(missing)}.",
            expected=f"{', '.join(JUDGEMENTS)} beside {ID_TRIPLES[0]}",
            remedy="unpack MS MARCO's collectionandqueries.tar.gz there",
        )
    try:
        return read_msmarco("train", [directory / name for name in JUDGEMENTS])
    except InvalidInputError as error:
        # The evaluation's reader advises to leave a set out, which is no choice here.
        raise InvalidInputError(
            error.found, expected=error.expected, remedy="mend that file, or fetch it again"
        ) from error


def _choose(path: Path, grades: Grades, limit: int, left_out: Counter[str]) -> Ids:
    """The first ``limit`` negatives of each judged query."""
    chosen: Ids = {query: [] for query in grades}
    for number, line in text_lines(path):
        columns = line.split("\t")
        if len(columns) != 3:
            expected = "a query's, a relevant passage's and another passage's id, with tabs"
            raise bad_line(path, number, f"has {len(columns)} columns", expected)
        query, _, passage = columns
        known = chosen.get(query)
        if known is None:
            left_out["negatives of queries without a relevant passage"] += 1
        elif len(known) >= limit:  # asked first: so it is with nearly all of 400 million lines
            left_out[BEYOND] += 1
        elif grades[query].get(passage, 0) > 0:
            left_out[JUDGED] += 1
        elif passage in known:
            left_out[REPEATED] += 1
        else:
            known.append(passage)
    return chosen


def _triplets(data: RetrievalSet, chosen: Ids, left_out: Counter[str]) -> Iterator[Triplet]:
    relevant = _relevant(data.grades)
    wanted = {passage for ids in (relevant, chosen) for row in ids.values() for passage in row}
    places = _places(data, wanted)
    for what, ids in (("relevant passages", relevant), ("negatives", chosen)):
        absent = sum(passage not in places for row in ids.values() for passage in row)
        left_out[f"{what} that the collection lacks"] += absent
    for query, text in zip(data.query_ids, data.queries, strict=True):
        positives = _texts(data, relevant[query], places)
        others = _texts(data, chosen[query], places)
        against = tuple(other for other in others if other not in positives)
        left_out["negatives with a relevant passage's words"] += len(others) - len(against)
        for positive in positives:
            yield Triplet(text.strip(), positive, against)


def _relevant(grades: Grades) -> Ids:
    return {
        query: [passage for passage, grade in row.items() if grade > 0]
        for query, row in grades.items()
    }


def _places(data: RetrievalSet, wanted: set[str]) -> dict[str, int]:
    return {id_: place for place, id_ in enumerate(data.document_ids) if id_ in wanted}


def _texts(data: RetrievalSet, ids: list[str], places: Mapping[str, int]) -> dict[str, None]:
    """The distinct texts of those passages that are there, in their order."""
    return dict.fromkeys(data.documents[places[id_]].strip() for id_ in ids if id_ in places)


def _relevant_digests(directory: Path) -> dict[str, set[bytes]]:
    """Which texts are judged relevant for each query, if the folder holds the judgements."""
    if not all((directory / name).is_file() for name in JUDGEMENTS):
        return {}
    data = _read(directory)
    relevant = _relevant(data.grades)
    places = _places(data, {passage for row in relevant.values() for passage in row})
    found: dict[str, set[bytes]] = {}
    for query, text in zip(data.query_ids, data.queries, strict=True):
        found.setdefault(text.strip(), set()).update(
            map(digest, _texts(data, relevant[query], places))
        )
    return found
