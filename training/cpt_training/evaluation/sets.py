"""Retrieval sets in the BEIR layout (Thakur et al. 2021, "BEIR", section 3).

A set is a folder with ``corpus.jsonl`` (``_id``, ``title``, ``text``), ``queries.jsonl`` (``_id``,
``text``) and ``qrels/test.tsv`` (query, document, grade, below one heading line).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cpt_rag.errors import InvalidInputError
from cpt_training.evaluation.rows import bad_row, empty_file, json_rows, text_lines

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels/test.tsv"
Grades = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """Judged queries over a collection of documents.

    ``grades[query_id][document_id]`` is the relevance; only judged queries are kept.
    """

    name: str
    query_ids: list[str]
    queries: list[str]
    document_ids: list[str]
    documents: list[str]
    grades: Grades


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
        InvalidInputError: a row is bad, nothing is judged, or a query has no relevant document.
    """
    documents = _texts(folder / CORPUS)
    queries = _texts(folder / QUERIES)
    grades = _grades(folder / QRELS)
    for query in grades:
        if query not in queries:
            raise _unanswerable(folder, f"judges query {query!r}, which {QUERIES} lacks")
        if not any(g > 0 and doc in documents for doc, g in grades[query].items()):
            raise _unanswerable(folder, f"names no relevant document in {CORPUS} for {query!r}")
    judged = [query for query in queries if query in grades]
    # The earlier of two tied documents ranks first, and many sets list the answers first. So they
    # stand in the order of their ids' digests, which tells of nothing.
    ids = sorted(documents, key=lambda id_: hashlib.sha256(id_.encode()).digest())
    return RetrievalSet(
        name,
        judged,
        [queries[query] for query in judged],
        ids,
        [documents[id_] for id_ in ids],
        grades,
    )


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


def _unanswerable(folder: Path, what: str) -> InvalidInputError:
    return InvalidInputError(
        f"{folder / QRELS} {what}.",
        expected="for each judged query, a relevant document that is there to be found",
        remedy="mend the set, or leave it out with --sets",
    )
