"""MS MARCO and DPR's files, in their published layouts, found and measured as other sets are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.evaluation import dpr
from cpt_training.evaluation.bm25 import Bm25Cost
from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.sets import RetrievalSet
from cpt_training.evaluation.tasks import Task, tasks_below

PASSAGES = (
    "The presence of communication amid scientific minds was equally important.",
    "Essay on The Manhattan Project: the first atomic bomb.",
    "A corporation is a company authorised to act as a single entity.",
    "Naïve Bayes — a classifier — assumes independence.",
    "\u2028 \u00a0",
)
QUERIES = ("what was the manhattan project", "what is a corporation", "naïve bayes")


@pytest.fixture
def msmarco(tmp_path: Path) -> Path:
    folder = tmp_path / "msmarco"
    folder.mkdir()
    lines = "".join(f"{i}\t{text}\n" for i, text in enumerate(PASSAGES))
    (folder / "collection.tsv").write_text(lines, encoding="utf-8")
    for split in ("dev", "dev.small"):
        queries = "".join(f"{300 + i}\t{text}\n" for i, text in enumerate(QUERIES))
        (folder / f"queries.{split}.tsv").write_text(queries + "399\tunjudged\n", encoding="utf-8")
        judgements = "300\t0\t1\t1\n301\t0\t2\t1\n302\t0\t3\t1\n302\t0\t0\t1\n"
        (folder / f"qrels.{split}.tsv").write_text(judgements, encoding="utf-8")
    return tmp_path


def context(title: str, text: str) -> dict[str, Any]:
    return {"title": title, "text": text, "score": 0, "title_score": 0, "passage_id": "1"}


def question(text: str, positive: list[Any], negative: list[Any]) -> dict[str, Any]:
    return {
        "dataset": "nq_dev_psgs_w100",
        "question": text,
        "answers": ["x"],
        "positive_ctxs": positive,
        "negative_ctxs": negative[:1],
        "hard_negative_ctxs": negative[1:],
    }


CASH = context("I Walk the Line", 'a song recorded in 1956 by "Johnny Cash"')
BOMB = context("Manhattan Project", "the first atomic bomb, Los Alamos")
SEA = context("Sea level", "the mean height of the ocean's surface")


@pytest.fixture
def nq(tmp_path: Path) -> Path:
    rows = [
        question("who sings i walk the line", [CASH], [BOMB, SEA]),
        question("where was the atomic bomb made", [BOMB], [SEA, CASH]),
        question("what is the height of the ocean", [SEA], []),
    ]
    path = tmp_path / "dpr" / "biencoder-nq-dev.json"
    path.parent.mkdir()
    path.write_text(json.dumps(rows, indent=4), encoding="utf-8")
    return path


def only(tasks: list[Task]) -> Task:
    [task] = tasks
    return task


def read(path: Path) -> RetrievalSet:
    found = only(tasks_below(path.parent, [])).read()
    assert isinstance(found, RetrievalSet)
    return found


def test_every_split_of_ms_marco_is_found(msmarco: Path) -> None:
    assert [t.name for t in tasks_below(msmarco, [])] == ["msmarco/dev.small", "msmarco/dev"]
    (msmarco / "msmarco" / "qrels.dev.tsv").unlink()
    assert [t.name for t in tasks_below(msmarco / "msmarco", [])] == ["msmarco-dev.small"]


def test_passages_of_ms_marco_are_read_from_the_disk_as_they_are(msmarco: Path) -> None:
    data = tasks_below(msmarco, ["msmarco/dev.small"])[0].read()
    assert list(data.documents) == list(PASSAGES[:-1])
    assert data.documents[1:3] == list(PASSAGES[1:3])
    assert list(data.document_ids) == ["0", "1", "2", "3"]
    assert data.queries == list(QUERIES)
    assert data.grades["302"] == {"3": 1, "0": 1}
    assert data.notes == ("blank documents left out: 1",)


def test_ms_marco_is_measured_as_a_beir_set(msmarco: Path, embedder: Embedder) -> None:
    task = tasks_below(msmarco, ["msmarco/dev.small"])[0]
    [part] = task.measure(task.read(), [embedder], Bm25Cost())
    figures = {(f.measure, f.system): f.estimate.value for f in part.figures}
    assert {measure for measure, _ in figures} == {"nDCG@10", "MRR@10", "recall@100"}
    assert figures["MRR@10", "BM25"] == 1
    assert figures["recall@100", "BM25"] == pytest.approx((1 + 1 + 1 / 2) / 3)


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("collection.tsv", b"no tab\n", "collection.tsv, line 6 is not an id and a text"),
        ("collection.tsv", b"9\t\xff\n", "collection.tsv, line 6 is not UTF-8"),
        ("queries.dev.tsv", b"no tab\n", "queries.dev.tsv, line 5 is not an id and a text"),
        ("qrels.dev.tsv", b"300\t0\t1\n", "qrels.dev.tsv, line 5 is not query, 0, passage"),
        ("qrels.dev.tsv", b"999\t0\t1\t1\n", "judges query '999'"),
    ],
)
def test_a_bad_row_of_ms_marco_is_refused_with_its_place(
    msmarco: Path, file: str, line: bytes, message: str
) -> None:
    with (msmarco / "msmarco" / file).open("ab") as rows:
        rows.write(line)
    with pytest.raises(InvalidInputError) as caught:
        tasks_below(msmarco, ["msmarco/dev"])[0].read()
    assert message in caught.value.found


def test_a_passage_of_many_questions_is_one_document(nq: Path) -> None:
    task = only(tasks_below(nq.parent.parent, []))
    assert task.name == "dpr/nq-dev"
    data = task.read()
    assert sorted(data.documents) == [
        'I Walk the Line a song recorded in 1956 by "Johnny Cash"',
        "Manhattan Project the first atomic bomb, Los Alamos",
        "Sea level the mean height of the ocean's surface",
    ]
    text = dict(zip(data.document_ids, data.documents, strict=True))
    answers = [[text[id_] for id_ in data.grades[query]] for query in data.query_ids]
    assert [len(one) for one in answers] == [1, 1, 1]
    assert answers[1][0].startswith("Manhattan")


def test_dpr_files_are_measured_as_beir_sets(nq: Path, embedder: Embedder) -> None:
    trivia = nq.with_name("biencoder-trivia-dev.json")
    trivia.write_text(nq.read_text(encoding="utf-8"), encoding="utf-8")
    nq.with_name("biencoder-nq-train.json").write_text("not for evaluation")
    tasks = tasks_below(nq.parent, [])
    assert [task.name for task in tasks] == ["nq-dev", "trivia-dev"]
    for task in tasks:
        [part] = task.measure(task.read(), [embedder], Bm25Cost())
        figures = {(f.measure, f.system): f.estimate.value for f in part.figures}
        assert figures["nDCG@10", "BM25"] == 1
        assert figures["recall@100", "hashing"] == 1


def test_a_file_is_read_in_pieces_as_in_one(nq: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(nq)
    monkeypatch.setattr(dpr, "_READ", 7)
    assert read(nq) == whole


def test_questions_without_an_answer_are_left_out_and_said(nq: Path) -> None:
    rows = json.loads(nq.read_text(encoding="utf-8"))
    rows[0]["positive_ctxs"] = []
    rows[1]["positive_ctxs"].append(context("", " "))
    nq.write_text(json.dumps(rows), encoding="utf-8")
    data = read(nq)
    assert data.queries == ["where was the atomic bomb made", "what is the height of the ocean"]
    assert data.notes == (
        "blank passages left out: 1",
        "judged queries without a relevant document in the collection left out: 1",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "holds no JSON array"),
        ("[]", "holds no questions"),
        ("[1]", "question 1 is no JSON object"),
        ('[{"question": "x"}]', "question 1 has no list of passages 'positive_ctxs'"),
        ('[{"question": 3}]', "question 1 has no usable 'question'"),
        ("[" + json.dumps(question("x", [{"title": "y"}], [])) + "]", "has no usable 'text'"),
        ("[" + json.dumps(question("x", [CASH], [])) + ', {"que', "question 2 is not JSON"),
    ],
)
def test_another_layout_is_refused_with_its_place(nq: Path, text: str, message: str) -> None:
    nq.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError, match=message):
        read(nq)
