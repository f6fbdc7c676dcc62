"""What is picked up, and what is refused with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.evaluation.bm25 import Bm25Index
from cpt_training.evaluation.rank import bm25_rankings
from cpt_training.evaluation.retrieval import score
from cpt_training.evaluation.sets import read_retrieval
from cpt_training.evaluation.tasks import tasks_below


def append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as lines:
        lines.write(line + "\n")


def read_all(folder: Path) -> None:
    for task in tasks_below(folder, []):
        task.read()


def test_every_set_below_the_folder_is_found(data: Path) -> None:
    (data / "repository").mkdir()  # a folder of another layout
    (data / "repository" / "corpus.jsonl").write_text("{}\n")
    names = [task.name for task in tasks_below(data, [])]
    assert names == ["docstring-valid", "words", "stsb-dev", "mr", "sst2"]


def test_sets_can_be_chosen(data: Path) -> None:
    assert [task.name for task in tasks_below(data, ["mr", "words"])] == ["words", "mr"]


def test_an_unknown_set_is_named_beside_the_known_ones(data: Path) -> None:
    with pytest.raises(InvalidInputError, match="no set called 'wrods'") as caught:
        tasks_below(data, ["wrods"])
    assert "docstring-valid, words, stsb-dev, mr, sst2" in caught.value.expected


def test_two_sets_of_one_name_are_refused(data: Path) -> None:
    (data / "words").rename(data / "mr")
    with pytest.raises(InvalidInputError, match="two sets called 'mr'"):
        tasks_below(data, [])


def test_a_folder_without_sets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="holds no set"):
        tasks_below(tmp_path, [])
    with pytest.raises(InvalidInputError, match="is no folder"):
        tasks_below(tmp_path / "nowhere", [])


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("corpus.jsonl", "{nonsense", "corpus.jsonl, line 11 is not JSON"),
        ("corpus.jsonl", "[1]", "corpus.jsonl, line 11 is not a JSON object"),
        ("corpus.jsonl", '{"_id": 5, "text": "x"}', "line 11 has no usable '_id': 5"),
        ("queries.jsonl", '{"_id": "x"}', "queries.jsonl, line 11 has no usable 'text'"),
        ("queries.jsonl", '{"_id": "q1", "text": "x"}', "holds the id 'q1' twice"),
        ("qrels/test.tsv", "q1\td1", "test.tsv, line 12 is not query, document, whole number"),
        ("qrels/test.tsv", "q1\td1\t1.5", "test.tsv, line 12 is not"),
        ("qrels/test.tsv", "q99\td1\t1", "judges query 'q99', which is not among the queries"),
    ],
)
def test_a_bad_row_is_refused_with_its_place(
    data: Path, file: str, line: str, message: str
) -> None:
    append(data / "words" / file, line)
    with pytest.raises(InvalidInputError) as caught:
        read_retrieval("words", data / "words")
    assert message in caught.value.found


def test_a_file_that_is_not_utf_8_is_refused(data: Path) -> None:
    path = data / "words" / "corpus.jsonl"
    path.write_bytes(path.read_bytes() + b'{"_id": "x", "text": "\xff"}\n')
    with pytest.raises(InvalidInputError, match="is not UTF-8"):
        read_retrieval("words", data / "words")


def test_a_query_without_a_relevant_document_in_the_corpus_is_left_out_and_said(
    data: Path,
) -> None:
    append(data / "words" / "queries.jsonl", '{"_id": "new", "text": "x"}')
    append(data / "words" / "qrels" / "test.tsv", "new\tabsent\t1")
    append(data / "words" / "qrels" / "test.tsv", "new\td1\t0")
    found = read_retrieval("words", data / "words")
    assert len(found.queries) == 10
    assert found.grades.keys() == set(found.query_ids)
    note = "judged queries without a relevant document in the collection left out: 1"
    assert found.notes == (note,)


def test_blank_texts_are_left_out_and_said(data: Path) -> None:
    append(data / "words" / "corpus.jsonl", '{"_id": "void", "title": "", "text": " \\n"}')
    append(data / "words" / "queries.jsonl", '{"_id": "silent", "text": ""}')
    append(data / "words" / "queries.jsonl", '{"_id": "new", "text": "x"}')
    append(data / "words" / "qrels" / "test.tsv", "silent\td1\t1")
    append(data / "words" / "qrels" / "test.tsv", "new\tvoid\t1")
    found = read_retrieval("words", data / "words")
    assert "void" not in found.document_ids
    assert len(found.queries) == 10
    assert found.notes == (
        "blank documents left out: 1",
        "blank queries left out: 1",
        "judged queries without a relevant document in the collection left out: 1",
    )


def test_a_set_of_which_nothing_is_left_is_refused(data: Path) -> None:
    (data / "words" / "qrels" / "test.tsv").write_text("q1\tabsent\t1\n")
    with pytest.raises(InvalidInputError, match="no judgement of a document that is there"):
        read_retrieval("words", data / "words")


def test_empty_judgements_are_refused(data: Path) -> None:
    (data / "words" / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n")
    with pytest.raises(InvalidInputError, match="holds no judgements"):
        read_retrieval("words", data / "words")


def test_queries_without_a_judgement_are_left_out(data: Path) -> None:
    append(data / "words" / "queries.jsonl", '{"_id": "new", "text": "x"}')
    assert "new" not in read_retrieval("words", data / "words").query_ids


def test_a_title_stands_before_the_text(data: Path) -> None:
    append(data / "words" / "corpus.jsonl", '{"_id": "t", "title": "Title", "text": "text"}')
    assert "Title text" in read_retrieval("words", data / "words").documents


def test_answers_that_a_file_lists_first_gain_nothing_where_scores_tie(tmp_path: Path) -> None:
    ids = [str(i) for i in range(500)]
    lines = "".join(f'{{"_id": "{i}", "text": "same"}}\n' for i in ids)
    (tmp_path / "corpus.jsonl").write_text(lines)
    (tmp_path / "queries.jsonl").write_text("".join(lines.splitlines(keepends=True)[:100]))
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("".join(f"{i}\t{i}\t1\n" for i in ids[:100]))
    data = read_retrieval("ties", tmp_path)
    found = bm25_rankings(Bm25Index(data.documents, data.queries))
    assert len(found[0].documents) == 500
    assert score(data, found)["recall@100"].value == pytest.approx(0.2, abs=0.1)


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("stsb-dev.jsonl", '{"sentence1": "a", "sentence2": "b"}', "no usable 'score'"),
        (
            "stsb-dev.jsonl",
            '{"sentence1": "a", "sentence2": "b", "score": NaN}',
            "line 11 is not JSON",
        ),
        ("senteval/mr.jsonl", '{"label": "good", "text": "x"}', "no usable 'label'"),
        ("senteval/mr.jsonl", '{"label": 2, "text": "x"}', "labels"),
    ],
)
def test_bad_labels_and_scores_are_refused(data: Path, file: str, line: str, message: str) -> None:
    append(data / file, line)
    with pytest.raises(InvalidInputError, match=message):
        read_all(data)


def test_a_missing_split_is_refused(data: Path) -> None:
    (data / "senteval" / "sst2_dev.jsonl").unlink()
    [task] = tasks_below(data, ["sst2"])
    with pytest.raises(InvalidInputError, match=r"sst2_dev\.jsonl cannot be read"):
        task.read()
