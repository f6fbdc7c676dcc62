"""MS MARCO passage ranking as published (Bajaj et al. 2016, "MS MARCO").

A folder with ``collection.tsv`` (passage id, passage) and, for a split such as ``dev.small``,
``queries.SPLIT.tsv`` (query id, query) and ``qrels.SPLIT.tsv`` (query id, 0, passage id, grade).
The collection's 8.8 million passages stay on the disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cpt_training.evaluation.rows import bad_row, empty_file, text_lines, unreadable
from cpt_training.evaluation.sets import Grades, RetrievalSet, answerable, said
from cpt_training.evaluation.tsv import TsvColumn

COLLECTION = "collection.tsv"
SPLITS = ("dev.small", "dev")


def msmarco_sets(data: Path) -> Iterator[tuple[str, list[Path]]]:
    """Name and files of every split of this layout below ``data``."""
    for collection in sorted(data.rglob(COLLECTION)):
        folder = collection.parent
        above = folder.relative_to(data).as_posix()
        for split in SPLITS:
            queries, judgements = folder / f"queries.{split}.tsv", folder / f"qrels.{split}.tsv"
            if queries.is_file() and judgements.is_file():
                name = f"msmarco-{split}" if above == "." else f"{above}/{split}"
                yield name, [collection, queries, judgements]


def read_msmarco(name: str, files: list[Path]) -> RetrievalSet:
    """Read and check one split; the passages keep the file's order, which tells of nothing.

    Raises:
        InvalidInputError: a row is bad, an unknown query is judged, or no query can be scored.
    """
    collection, queries, judgements = files
    grades = _grades(judgements)
    scan = _scan(collection, {passage for row in grades.values() for passage in row})
    judged = answerable(judgements, _queries(queries), grades, scan.known)
    return RetrievalSet(
        name,
        list(judged.queries),
        list(judged.queries.values()),
        TsvColumn(collection, scan.starts, 0, 2),
        TsvColumn(collection, scan.starts, 1, 2),
        judged.grades,
        (*said(scan.blank, "blank documents"), *judged.notes),
    )


@dataclass(frozen=True, slots=True)
class _Scan:
    """Where the passages with words begin, how many are blank, and which wanted ones there are."""

    starts: NDArray[np.int64]
    blank: int
    known: set[str]


def _scan(path: Path, wanted: set[str]) -> _Scan:
    starts: list[int] = []
    known: set[str] = set()
    blank = at = number = 0
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                passage, text = _two(path, number, line.decode("utf-8"))
                if text.strip():
                    starts.append(at)
                    if passage in wanted:
                        known.add(passage)
                else:
                    blank += 1
                at += len(line)
    except UnicodeDecodeError as error:
        raise bad_row(path, number, f"is not UTF-8 ({error})") from error
    except OSError as error:
        raise unreadable(path, error) from error
    if not starts:
        raise empty_file(path, "passages")
    return _Scan(np.asarray(starts, dtype=np.int64), blank, known)


def _two(path: Path, number: int, line: str) -> tuple[str, str]:
    id_, tab, text = line.partition("\t")
    if not tab:
        raise bad_row(path, number, "is not an id and a text")
    return id_, text


def _queries(path: Path) -> dict[str, str]:
    return dict(_two(path, number, line) for number, line in text_lines(path))


def _grades(path: Path) -> Grades:
    grades: Grades = {}
    for number, line in text_lines(path):
        try:
            query, _, passage, grade = line.split()
            grades.setdefault(query, {})[passage] = int(grade)
        except ValueError as error:
            raise bad_row(path, number, "is not query, 0, passage, whole number") from error
    if not grades:
        raise empty_file(path, "judgements")
    return grades
