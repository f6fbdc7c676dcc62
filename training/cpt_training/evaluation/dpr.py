"""Natural Questions, TriviaQA and others in the layout of DPR's files for training a retriever.

Karpukhin et al. (2020, "Dense Passage Retrieval for Open-Domain Question Answering", section 4):
``biencoder-nq-dev.json`` and ``biencoder-trivia-dev.json`` are arrays of questions, each with
passages of Wikipedia that answer it (``positive_ctxs``) and others (``negative_ctxs``,
``hard_negative_ctxs``). A question ranks the passages of the whole file, some hundred thousand; so
figures are for comparing systems, and are no open retrieval over all of Wikipedia.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from cpt_rag.errors import InvalidInputError
from cpt_training.evaluation.rows import empty_file, unreadable
from cpt_training.evaluation.sets import Grades, RetrievalSet, answerable, said

PATTERN = "biencoder-*-dev.json"
OTHERS = ("negative_ctxs", "hard_negative_ctxs")
_READ = 1 << 20


def dpr_sets(data: Path) -> Iterator[tuple[str, Path]]:
    """Name and file of every set of this layout below ``data``: nq-dev, trivia-dev."""
    for path in sorted(data.rglob(PATTERN)):
        above = path.parent.relative_to(data).as_posix()
        stem = path.stem.removeprefix("biencoder-")
        yield stem if above == "." else f"{above}/{stem}", path


def read_dpr(name: str, path: Path) -> RetrievalSet:
    """Read and check one file; a passage that many questions bring is one document.

    Raises:
        InvalidInputError: the file is no such array, or no question can be scored.
    """
    questions: dict[str, str] = {}
    grades: Grades = {}
    documents: dict[str, str] = {}
    blank = 0
    for number, row in enumerate(_questions(path), 1):
        query = str(number)
        questions[query] = _string(path, number, row, "question")
        relevant = grades.setdefault(query, {})
        for field in ("positive_ctxs", *OTHERS):
            for text in _passages(path, number, row, field):
                if not text.strip():
                    blank += 1
                    continue
                id_ = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
                documents.setdefault(id_, text)
                if field not in OTHERS:
                    relevant[id_] = 1
    if not questions:
        raise empty_file(path, "questions")
    judged = answerable(path, questions, grades, documents)
    # Ids are digests, so their order tells nothing of which passage answers.
    ids = sorted(documents)
    return RetrievalSet(
        name,
        list(judged.queries),
        list(judged.queries.values()),
        ids,
        [documents[id_] for id_ in ids],
        judged.grades,
        (*said(blank, "blank passages"), *judged.notes),
    )


def _passages(path: Path, number: int, row: dict[str, Any], field: str) -> Iterator[str]:
    passages = row.get(field)
    if not isinstance(passages, list) or not all(isinstance(one, dict) for one in passages):
        raise _bad_question(path, number, f"has no list of passages {field!r}")
    for one in passages:
        text, title = _string(path, number, one, "text"), one.get("title")
        yield f"{title if isinstance(title, str) else ''} {text}".strip(" ")


def _string(path: Path, number: int, row: dict[str, Any], field: str) -> str:
    if not isinstance(row.get(field), str):
        raise _bad_question(path, number, f"has no usable {field!r}")
    return str(row[field])


def _questions(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of the file's array, one at a time: the whole would be gigabytes in memory."""
    number = 0
    try:
        with path.open(encoding="utf-8") as file:
            for number, row in enumerate(_array(path, file), 1):
                if not isinstance(row, dict):
                    raise _bad_question(path, number, "is no JSON object")
                yield row
    except json.JSONDecodeError as error:
        raise _bad_question(path, number + 1, f"is not JSON ({error})") from error
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error


def _array(path: Path, file: TextIO) -> Iterator[Any]:
    decode = json.JSONDecoder().raw_decode
    held = file.read(_READ).lstrip()
    if not held.startswith("["):
        raise empty_file(path, "JSON array")
    at = 1
    while not held.startswith("]", at := _past_space(held, at)):
        try:
            row, at = decode(held, at)
            yield row
        except json.JSONDecodeError:
            # The object is not held in full yet; each time more is read than is there.
            held, at = held[at:], 0
            more = file.read(max(_READ, len(held)))
            if not more:
                raise
            held += more


def _past_space(held: str, at: int) -> int:
    while at < len(held) and held[at] in " \t\r\n,":
        at += 1
    return at


def _bad_question(path: Path, number: int, what: str) -> InvalidInputError:
    return InvalidInputError(
        f"{path}, question {number} {what}.",
        expected="an array of questions with their passages",
        remedy="restore the file, or leave the set out with --sets",
    )
