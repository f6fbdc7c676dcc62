"""MS MARCO's triples of texts serve where those of ids are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.supervised.msmarco import convert_msmarco
from cpt_training.supervised.triplets import Triplet

from .conftest import HERON, PASSAGES, TIN, lines

NAME = "triples.train.small.tsv"
P = PASSAGES
TEXTS = [(HERON, P[3], P[4]), (TIN, P[0], P[1]), (HERON, P[3], P[1]), (TIN, P[2], P[5])]


def with_texts(folder: Path, *rows: tuple[str, str, str], end: str = "\n") -> Path:
    (folder / NAME).write_bytes(lines(*rows).replace("\n", end).encode())
    return folder


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_file_serves_alone_queries_as_they_first_appear(tmp_path: Path, end: str) -> None:
    assert list(convert_msmarco(with_texts(tmp_path, *TEXTS, end=end), 2)) == [
        Triplet(HERON, P[3], (P[4], P[1])),
        Triplet(TIN, P[0], (P[1], P[5])),
        Triplet(TIN, P[2], (P[1], P[5])),
    ]


def test_negatives_are_the_first_of_their_query_up_to_the_number_asked_for(
    tmp_path: Path,
) -> None:
    found = list(convert_msmarco(with_texts(tmp_path, *TEXTS), 1))
    assert [t.negatives for t in found] == [(P[4],), (P[1],), (P[1],)]


def test_a_passage_relevant_in_another_line_is_no_negative(tmp_path: Path) -> None:
    notes: list[str] = []
    rows = [(TIN, P[0], P[2]), (TIN, P[2], P[0]), (TIN, P[0], P[1])]
    found = list(convert_msmarco(with_texts(tmp_path, *rows), 1, notes))
    assert found == [Triplet(TIN, P[0], (P[1],)), Triplet(TIN, P[2], (P[1],))]
    assert notes == ["negatives judged relevant for their query left out: 2"]


def test_a_passage_judged_relevant_in_the_folder_is_no_negative(folder: Path) -> None:
    found = list(convert_msmarco(with_texts(folder, (TIN, P[0], P[2]), (TIN, P[0], P[1])), 1))
    assert found == [Triplet(TIN, P[0], (P[1],))]


def test_triples_of_ids_are_preferred(folder: Path) -> None:
    with_texts(folder, *TEXTS)
    (folder / "qidpidtriples.train.full.2.tsv").write_text("10\t3\t5\n", encoding="utf-8")
    found = list(convert_msmarco(folder, 1))
    assert [t.negatives for t in found] == [(), (), (P[5],)]


def test_lines_left_out_are_counted_by_reason(tmp_path: Path) -> None:
    notes: list[str] = []
    rows = [(HERON, P[3], P[4]), (HERON, P[3], P[4]), (HERON, P[3], " "), (HERON, P[3], P[0])]
    list(convert_msmarco(with_texts(tmp_path, *rows), 1, notes))
    assert notes == [
        "repeated negatives left out: 1",
        "triples with a blank text left out: 1",
        "negatives beyond those asked for left out: 1",
    ]


def test_passages_keep_their_characters(tmp_path: Path) -> None:
    row = ("où", "東京\u2028駅 — 232 °C", 'a "quoted" \x0b word 🎺')
    assert list(convert_msmarco(with_texts(tmp_path, row), 1)) == [
        Triplet(row[0], row[1], (row[2],))
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"a\tb\n", "line 1 has 2 columns"),
        (b"a\tb\tc\nd\te\tf\tg\n", "line 2 has 4 columns"),
        (b"a\tb\t\xff\n", "line 1 is not UTF-8"),
        (b"", " holds no triple with words"),
        (b"a\t \tc\n", " holds no triple with words"),
    ],
)
def test_another_file_is_refused_with_its_place(tmp_path: Path, text: bytes, message: str) -> None:
    (tmp_path / NAME).write_bytes(text)
    with pytest.raises(InvalidInputError) as caught:
        list(convert_msmarco(tmp_path, 1))
    assert str(tmp_path / NAME) in caught.value.found
    assert message in caught.value.found
    assert caught.value.expected
    assert caught.value.remedy
