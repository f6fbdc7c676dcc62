"""Retrieval sets, and those in the BEIR layout (Thakur et al. 2021, "BEIR", section 3).

A set is a folder with ``corpus.jsonl`` (``_id``, ``title``, ``text``), ``queries.jsonl`` (``_id``,
``text``) and ``qrels/test.tsv`` (query, document, grade, below one heading line).
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cpt_rag.errors import InvalidInputError
from cpt_training.evaluation.rows import bad_row, empty_file, json_rows, text_lines

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels/test.tsv"
Grades = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """Judged queries over a collection of documents.

    ``grades[query_id][document_id]`` is the relevance; only queries with a relevant document in
    the collection are kept, and ``notes`` say what was left out. ``documents`` may lie on the disk
    and are best read in slices.
    """

    name: str
    query_ids: list[str]
    queries: list[str]
    document_ids: Sequence[str]
    documents: Sequence[str]
    grades: Grades
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """The queries of a set that can be scored, and what is to be said of the others."""

    queries: dict[str, str]
    grades: Grades
    notes: tuple[str, ...]


def retrieval_folders(data: Path) -> dict[str, Path]:
    """Every folder below ``data`` of the BEIR layout, by its path from there."""
    return {
        path.parent.relative_to(data).as_posix(): path.parent
        for path in sorted(data.rglob(CORPUS))
        if (path.parent / QUERIES).is_file() and (path.parent / QRELS).is_file()
    }


def retrieval_files(folder: Path) -> list[Path]:
    """The files that decide a set."""
    return [folder / name for name in (CORPUS, QUERIES, QRELS)]


def read_retrieval(name: str, folder: Path) -> RetrievalSet:
    """Read and check one set.

    Raises:
        InvalidInputError: a row is bad, an unknown query is judged, or no query can be scored.
    """
    documents = _texts(folder / CORPUS)
    blank = [id_ for id_, text in documents.items() if not text.strip()]
    for id_ in blank:
        del documents[id_]
    judged = answerable(
        folder / QRELS, _texts(folder / QUERIES), _grades(folder / QRELS), documents
    )
    # The earlier of two tied documents ranks first, and many sets list the answers first. So they
    # stand in the order of their ids' digests, which tells of nothing.
    ids = sorted(documents, key=lambda id_: hashlib.sha256(id_.encode()).digest())
    return RetrievalSet(
        name,
        list(judged.queries),
        list(judged.queries.values()),
        ids,
        [documents[id_] for id_ in ids],
        judged.grades,
        (*said(len(blank), "blank documents"), *judged.notes),
    )


def answerable(
    source: Path, queries: Mapping[str, str], grades: Grades, documents: Container[str]
) -> Judged:
    """Judged queries in the queries' order, less those that no system could answer.

    Args:
        source: the file of the judgements, for messages.
        queries: texts by id.
        grades: judgements, of queries that ``queries`` holds.
        documents: ids of the documents that are there and are not blank.

    Raises:
        InvalidInputError: a judged query is unknown, or none is left.
    """
    for query in grades:
        if query not in queries:
            raise InvalidInputError(
                f"{source} judges query {query!r}, which is not among the queries.",
                expected="judgements of queries that are there",
                remedy="mend the set, or leave it out with --sets",
            )
    asked = [query for query in queries if query in grades]
    blank = {query for query in asked if not queries[query].strip()}
    lost = {
        query
        for query in asked
        if query not in blank
        and not any(grade > 0 and doc in documents for doc, grade in grades[query].items())
    }
    kept = {query: queries[query] for query in asked if query not in blank | lost}
    if not kept:
        raise empty_file(source, "judgement of a document that is there, for a query with words")
    return Judged(
        kept,
        {query: grades[query] for query in kept},
        (
            *said(len(blank), "blank queries"),
            *said(len(lost), "judged queries without a relevant document in the collection"),
        ),
    )


def said(count: int, what: str) -> Iterator[str]:
    """A note of rows that were left out, if there are any; ``what`` is in the plural."""
    if count:
        yield f"{what} left out: {count:,}"


def _texts(path: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for row in json_rows(path, {"_id": str, "text": str}):
        if row["_id"] in texts:
            raise InvalidInputError(
                f"{path} holds the id {row['_id']!r} twice.",
                expected="distinct ids",
                remedy="remove one of the rows",
            )
        texts[row["_id"]] = f"{row.get('title') or ''} {row['text']}".strip(" ")
    if not texts:
        raise empty_file(path, "texts")
    return texts


def _grades(path: Path) -> Grades:
    grades: Grades = {}
    for number, line in text_lines(path):
        if number == 1 and line.startswith("query-id"):
            continue
        columns = line.split("\t")
        try:
            query, document, grade = columns
            grades.setdefault(query, {})[document] = int(grade)
        except ValueError as error:
            raise bad_row(path, number, "is not query, document, whole number") from error
    if not grades:
        raise empty_file(path, "judgements")
    return grades
