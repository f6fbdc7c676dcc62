"""The file of triplets: what is written is read, and what is no triplet is refused by its line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.supervised.triplets import Triplet, read_triplets, write_triplets

TRIPLETS = [
    Triplet("A man plays a flute.", "Someone makes music.", ("Nobody is there.", "He sleeps.")),
    Triplet("Open the file.", "def open_file(): ...", ("def shut(): ...",), (0.25,), "python"),
    Triplet("naïve — 東京 🎺", "line\u2028separator\x85and\ttab\nfeed", ()),
]
GOOD = '{"anchor": "a", "positive": "b", "negatives": ["c"]}\n'


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "triplets.jsonl"
    path.write_bytes("".join(lines).encode("utf-8"))
    return path


@pytest.mark.parametrize("name", ["triplets.jsonl", "triplets.jsonl.gz"])
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    assert write_triplets(tmp_path / name, TRIPLETS) == 3
    assert list(read_triplets(tmp_path / name)) == TRIPLETS


def test_a_line_is_one_object_in_utf_8(tmp_path: Path) -> None:
    write_triplets(tmp_path / "triplets.jsonl", [Triplet("東京", "b", ("c",))])
    assert (tmp_path / "triplets.jsonl").read_text(encoding="utf-8") == (
        '{"anchor": "東京", "positive": "b", "negatives": ["c"]}\n'
    )


def test_grades_and_language_stand_where_they_are_known(tmp_path: Path) -> None:
    write_triplets(tmp_path / "triplets.jsonl", [Triplet("a", "b", ("c",), (0.5,), "go")])
    assert (tmp_path / "triplets.jsonl").read_text(encoding="utf-8") == (
        '{"anchor": "a", "positive": "b", "negatives": ["c"], "grades": [0.5], "language": "go"}\n'
    )


def test_the_name_decides_on_compression(tmp_path: Path) -> None:
    write_triplets(tmp_path / "triplets.jsonl.gz", TRIPLETS)
    with gzip.open(tmp_path / "triplets.jsonl.gz", "rt", encoding="utf-8") as lines:
        assert [json.loads(line)["anchor"] for line in lines] == [t.anchor for t in TRIPLETS]


def test_the_same_triplets_give_the_same_compressed_bytes(tmp_path: Path) -> None:
    for name in ("one.jsonl.gz", "two.jsonl.gz"):
        write_triplets(tmp_path / name, TRIPLETS)
    assert (tmp_path / "one.jsonl.gz").read_bytes() == (tmp_path / "two.jsonl.gz").read_bytes()


def test_triplets_are_read_one_at_a_time(tmp_path: Path) -> None:
    rows = read_triplets(written(tmp_path, GOOD, "nonsense\n"))
    assert next(rows) == Triplet("a", "b", ("c",))
    with pytest.raises(InvalidInputError, match="line 2"):
        next(rows)


def test_blank_lines_are_passed_over(tmp_path: Path) -> None:
    assert len(list(read_triplets(written(tmp_path, GOOD, "\n", " \r\n", GOOD)))) == 2


def test_no_triplets_make_an_empty_file(tmp_path: Path) -> None:
    assert write_triplets(tmp_path / "triplets.jsonl", []) == 0
    assert list(read_triplets(tmp_path / "triplets.jsonl")) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{nonsense", "line 2 is not JSON"),
        ("[1]", "line 2 is not a JSON object"),
        ('{"anchor": "a", "positive": "b"}', "line 2 lacks the keys ['negatives']"),
        (
            '{"anchor": "a", "positive": "b", "negatives": [], "score": 1}',
            "line 2 lacks the keys [] and has the unknown ['score']",
        ),
        (
            '{"anchor": 1, "positive": "b", "negatives": []}',
            "line 2 has no text as 'anchor': 1",
        ),
        (
            '{"anchor": "a", "positive": null, "negatives": []}',
            "line 2 has no text as 'positive': None",
        ),
        (
            '{"anchor": "a", "positive": "b", "negatives": "c"}',
            "line 2 has no texts as 'negatives': 'c'",
        ),
        (
            '{"anchor": "a", "positive": "b", "negatives": [2]}',
            "line 2 has no texts as 'negatives': [2]",
        ),
        ('{"anchor": " ", "positive": "b", "negatives": []}', "line 2 has a blank text"),
        (
            '{"anchor": "a", "positive": "b", "negatives": ["b"]}',
            "line 2 has its positive among its negatives",
        ),
        (
            '{"anchor": "a", "positive": "b", "negatives": ["c"], "grades": "high"}',
            "line 2 has no numbers as 'grades': 'high'",
        ),
        (
            '{"anchor": "a", "positive": "b", "negatives": ["c"], "grades": [true]}',
            "line 2 has no numbers as 'grades': [True]",
        ),
        (
            '{"anchor": "a", "positive": "b", "negatives": ["c"], "grades": []}',
            "line 2 has 0 grades for 1 negatives",
        ),
        (
            '{"anchor": "a", "positive": "b", "negatives": ["c"], "grades": [1.5]}',
            "line 2 has the grades (1.5,)",
        ),
        (
            '{"anchor": "a", "positive": "b", "negatives": ["c"], "grades": [NaN]}',
            "line 2 has the grades (nan,)",
        ),
        (
            '{"anchor": "a", "positive": "b", "negatives": [], "language": 7}',
            "line 2 has no text as 'language': 7",
        ),
        ('{"anchor": "\\ud83d", "positive": "b", "negatives": []}', "line 2 is not JSON"),
    ],
)
def test_a_bad_line_is_refused_with_its_place(tmp_path: Path, line: str, message: str) -> None:
    path = written(tmp_path, GOOD, line)
    with pytest.raises(InvalidInputError) as caught:
        list(read_triplets(path))
    assert caught.value.found.startswith(f"{path}, {message}")
    assert caught.value.expected
    assert caught.value.remedy == "mend or remove that line"


def test_a_character_may_be_written_as_an_escape(tmp_path: Path) -> None:
    line = '{"anchor": "\\ud83c\\udfba", "positive": "b", "negatives": []}'
    assert next(read_triplets(written(tmp_path, line))).anchor == "🎺"


def test_a_line_that_is_not_utf_8_is_refused_with_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    path.write_bytes(path.read_bytes() + b'{"anchor": "\xff"}\n')
    with pytest.raises(InvalidInputError, match="line 2 is not UTF-8"):
        list(read_triplets(path))


def test_a_missing_file_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"absent\.jsonl cannot be read"):
        list(read_triplets(tmp_path / "absent.jsonl"))


@pytest.mark.parametrize("harm", ["cut short", "not compressed"])
def test_a_harmed_compressed_file_is_refused(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "triplets.jsonl.gz"
    write_triplets(path, TRIPLETS)
    path.write_bytes(path.read_bytes()[:-12] if harm == "cut short" else GOOD.encode())
    with pytest.raises(InvalidInputError, match="cannot be read"):
        list(read_triplets(path))


def test_a_stopped_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    def stopped() -> Iterator[Triplet]:
        yield TRIPLETS[0]
        raise InvalidInputError("The source is bad.")

    path = written(tmp_path, GOOD)
    with pytest.raises(InvalidInputError, match="The source is bad"):
        write_triplets(path, stopped())
    assert path.read_text(encoding="utf-8") == GOOD
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("place", ["absent/out.jsonl", "triplets.jsonl/out.jsonl", "."])
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, place: str) -> None:
    written(tmp_path, GOOD)
    with pytest.raises(InvalidInputError, match="cannot be written"):
        write_triplets(tmp_path / place, TRIPLETS)


def test_what_no_loss_can_learn_from_is_no_triplet() -> None:
    with pytest.raises(InvalidInputError, match="blank"):
        Triplet("a", "b", ("\u00a0",))
    with pytest.raises(InvalidInputError, match="positive among its negatives"):
        Triplet("a", "b", ("c", "b"))
