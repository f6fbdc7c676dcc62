"""MS MARCO as published becomes queries, relevant passages and hard negatives."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.supervised.msmarco import convert_msmarco
from cpt_training.supervised.triplets import Triplet

from .conftest import HERON, PASSAGES, TIN, lines

NAME = "qidpidtriples.train.full.2.tsv"
# The published file is shuffled: a query's lines are not together.
IDS = [(10, 3, 4), (20, 0, 1), (10, 3, 1), (20, 2, 5), (20, 0, 4)]


def with_ids(folder: Path, *rows: tuple[object, ...]) -> Path:
    (folder / NAME).write_text(lines(*rows), encoding="utf-8")
    return folder


def append(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


def texts(*passages: int) -> tuple[str, ...]:
    return tuple(PASSAGES[i] for i in passages)


def test_each_relevant_passage_gives_a_triplet_in_the_order_of_the_queries(folder: Path) -> None:
    assert list(convert_msmarco(with_ids(folder, *IDS), 1)) == [
        Triplet(TIN, PASSAGES[0], texts(1)),
        Triplet(TIN, PASSAGES[2], texts(1)),
        Triplet(HERON, PASSAGES[3], texts(4)),
    ]


def test_negatives_are_the_first_of_their_query_up_to_the_number_asked_for(folder: Path) -> None:
    found = list(convert_msmarco(with_ids(folder, *IDS), 2))
    assert [t.negatives for t in found] == [texts(1, 5), texts(1, 5), texts(4, 1)]
    found = list(convert_msmarco(folder, 9))
    assert [t.negatives for t in found] == [texts(1, 5, 4), texts(1, 5, 4), texts(4, 1)]


def test_the_negatives_may_be_compressed(folder: Path) -> None:
    plain = list(convert_msmarco(with_ids(folder, *IDS), 2))
    (folder / f"{NAME}.gz").write_bytes(gzip.compress((folder / NAME).read_bytes()))
    (folder / NAME).unlink()
    assert list(convert_msmarco(folder, 2)) == plain


def test_a_relevant_passage_is_never_a_negative_of_its_query(folder: Path) -> None:
    notes: list[str] = []
    found = list(convert_msmarco(with_ids(folder, (20, 0, 2), (20, 2, 0), (10, 3, 0)), 5, notes))
    assert [t.negatives for t in found] == [(), (), texts(0)]
    assert notes == ["negatives judged relevant for their query left out: 2"]


def test_a_passage_of_a_relevant_ones_words_is_no_negative_either(folder: Path) -> None:
    append(folder / "collection.tsv", f"6\t{PASSAGES[2]} \n".encode())
    notes: list[str] = []
    found = list(convert_msmarco(with_ids(folder, (20, 0, 6), (20, 0, 1)), 2, notes))
    assert [t.negatives for t in found] == [texts(1), texts(1), ()]
    assert notes == ["negatives with a relevant passage's words left out: 1"]


def test_a_passage_judged_irrelevant_is_a_negative_and_no_positive(folder: Path) -> None:
    append(folder / "qrels.train.tsv", b"10\t0\t4\t0\n")
    found = list(convert_msmarco(with_ids(folder, (10, 3, 4)), 1))
    assert found[2:] == [Triplet(HERON, PASSAGES[3], texts(4))]


def test_a_query_without_negatives_gives_pairs(folder: Path) -> None:
    found = list(convert_msmarco(with_ids(folder, IDS[0]), 1))
    assert [t.negatives for t in found] == [(), (), texts(4)]


def test_lines_left_out_are_counted_by_reason(folder: Path) -> None:
    append(folder / "collection.tsv", b"6\t \n")
    append(folder / "qrels.train.tsv", b"10\t0\t99\t1\n30\t0\t6\t1\n")
    rows = [(20, 0, 99), (20, 0, 1), (20, 0, 1), (20, 0, 4), (20, 0, 5), (30, 6, 1)]
    notes: list[str] = []
    found = list(convert_msmarco(with_ids(folder, *rows), 3, notes))
    assert [t.negatives for t in found] == [texts(1, 4), texts(1, 4), ()]
    assert notes == [
        "blank documents left out: 1",
        "judged queries without a relevant document in the collection left out: 1",
        "repeated negatives left out: 1",
        "negatives beyond those asked for left out: 1",
        "negatives of queries without a relevant passage left out: 1",
        "relevant passages that the collection lacks left out: 1",
        "negatives that the collection lacks left out: 1",
    ]


def test_the_same_folder_gives_the_same_order(folder: Path) -> None:
    with_ids(folder, *IDS)
    assert list(convert_msmarco(folder, 2)) == list(convert_msmarco(folder, 2))


def test_a_folder_without_negatives_is_told_which_files_serve(folder: Path) -> None:
    with pytest.raises(InvalidInputError, match="holds no file of negatives") as caught:
        list(convert_msmarco(folder, 1))
    assert caught.value.expected == f"{NAME} (or .gz), or triples.train.small.tsv"


def test_missing_files_are_named(folder: Path) -> None:
    with_ids(folder, *IDS)
    (folder / "queries.train.tsv").unlink()
    (folder / "qrels.train.tsv").unlink()
    with pytest.raises(InvalidInputError, match=r"lacks queries\.train\.tsv, qrels\.train\.tsv"):
        list(convert_msmarco(folder, 1))


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        (NAME, b"20\t0\n", f"{NAME}, line 6 has 2 columns"),
        (NAME, b"20 0 1\n", f"{NAME}, line 6 has 1 columns"),
        (NAME, b"20\t0\t\xff\n", f"{NAME}, line 6 is not UTF-8"),
        ("collection.tsv", b"no tab\n", "collection.tsv, line 7 is not an id and a text"),
        ("queries.train.tsv", b"no tab\n", "queries.train.tsv, line 4 is not an id and a text"),
        ("qrels.train.tsv", b"20\t0\t1\n", "qrels.train.tsv, line 4 is not query, 0, passage"),
        ("qrels.train.tsv", b"99\t0\t1\t1\n", "judges query '99'"),
    ],
)
def test_a_bad_line_is_refused_with_its_place(
    folder: Path, file: str, line: bytes, message: str
) -> None:
    append(with_ids(folder, *IDS) / file, line)
    with pytest.raises(InvalidInputError) as caught:
        list(convert_msmarco(folder, 1))
    assert message in caught.value.found
    assert caught.value.expected
    assert caught.value.remedy
    assert "--sets" not in caught.value.remedy
