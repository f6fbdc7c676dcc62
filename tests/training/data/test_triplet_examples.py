"""A file of triplets as training examples, some of them held out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.data.examples import Examples, Tokeniser, Tokenisers
from cpt_training.data.tokens import TokenLists
from cpt_training.data.triplets import check_said, file_hash, triplet_examples
from cpt_training.supervised.triplets import Triplet, write_triplets

# Twenty lines of ten anchors, with none, one or two hard negatives.
TRIPLETS = [
    Triplet(f"anchor {i % 10}", f"positive {i}", tuple(f"not {i}.{j}" for j in range(i % 3)))
    for i in range(20)
]


def cut(texts: Sequence[str]) -> list[list[int]]:
    return [[ord(character) for character in text] for text in texts]


TOKENISERS = Tokenisers(Tokeniser(cut, "queries"), Tokeniser(cut, "documents"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_triplets(tmp_path / "triplets.jsonl", TRIPLETS)
    return tmp_path / "triplets.jsonl"


def texts(tokens: TokenLists | None) -> list[str]:
    assert tokens is not None
    bounds = zip(tokens.offsets, tokens.offsets[1:], strict=False)
    return ["".join(map(chr, tokens.ids[start:end])) for start, end in bounds]


def split(path: Path, held_out: int, seed: int = 0) -> tuple[Examples, Examples]:
    """Of the one kind that there is."""
    (training,), (validation,) = (
        part.values() for part in triplet_examples(path, TOKENISERS, held_out, seed)
    )
    return training, validation


def read(examples: Examples) -> list[Triplet]:
    rows = [np.array([i]) for i in range(len(examples))]
    chosen = [examples.negatives_for(row, 9) for row in rows]
    negatives = [texts(None if own is None else own.tokens) for own in chosen]
    sides = (texts(examples.queries), texts(examples.documents), negatives)
    return [Triplet(q, d, tuple(hard)) for q, d, hard in zip(*sides, strict=True)]


@pytest.mark.parametrize("held_out", [1, 4, 9])
def test_held_out_anchors_are_never_in_training(path: Path, held_out: int) -> None:
    training, validation = split(path, held_out)
    anchors = {*texts(training.queries)}, {*texts(validation.queries)}
    assert not anchors[0] & anchors[1]
    assert len(anchors[1]) == held_out
    assert len(anchors[0]) == 10 - held_out


def test_what_answers_a_held_out_anchor_is_never_in_training(tmp_path: Path) -> None:
    styles = [
        Triplet(f"{style} {i}", f"function {i}", ()) for i in range(9) for style in ("does", "is")
    ]
    write_triplets(tmp_path / "styles.jsonl", styles)
    training, validation = split(tmp_path / "styles.jsonl", 4)
    assert len(validation) == 4
    assert not {*texts(training.documents)} & {*texts(validation.documents)}
    with pytest.raises(InvalidInputError, match="Every positive"):
        split(tmp_path / "styles.jsonl", 17)


def test_every_line_is_on_one_side_with_its_own_hard_negatives(path: Path) -> None:
    training, validation = split(path, 3)
    found = read(training) + read(validation)
    assert sorted(found, key=str) == sorted(TRIPLETS, key=str)


def test_every_row_can_be_drawn(path: Path) -> None:
    for part in split(path, 3):
        (rows,) = part.languages.values()
        assert rows.tolist() == [*range(len(part))]


def test_the_seed_decides_what_is_held_out(path: Path) -> None:
    held_out = [read(split(path, 3, seed)[1]) for seed in (0, 0, 1)]
    assert held_out[0] == held_out[1] != held_out[2]


@pytest.mark.parametrize("held_out", [10, 1000])
def test_too_few_anchors_are_refused_with_the_remedy(path: Path, held_out: int) -> None:
    with pytest.raises(InvalidInputError, match="10 distinct anchors") as caught:
        split(path, held_out)
    assert f"data.validation_pairs = {held_out}" in caught.value.expected
    assert "lower data.validation_pairs" in caught.value.remedy


def test_lines_without_a_hard_negative_are_examples_too(tmp_path: Path) -> None:
    plain = [Triplet(triplet.anchor, triplet.positive, ()) for triplet in TRIPLETS]
    write_triplets(tmp_path / "plain.jsonl", plain)
    training, validation = split(tmp_path / "plain.jsonl", 3)
    assert sorted(read(training) + read(validation), key=str) == sorted(plain, key=str)


def test_a_missing_file_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"no file '.*absent\.jsonl'") as caught:
        file_hash(tmp_path / "absent.jsonl")
    assert "data.triplets" in caught.value.remedy
    assert "python -m cpt_training.supervised" in caught.value.remedy


def test_another_line_is_another_hash(path: Path) -> None:
    before = file_hash(path)
    assert before == file_hash(path)
    write_triplets(path, TRIPLETS[1:])
    assert file_hash(path) != before


GRADED = [
    Triplet(f"anchor {i}", f"positive {i}", (f"not {i}.0", f"not {i}.1"), (i / 10, 0.5), language)
    for i, language in enumerate(["go", "python", "", "go", "python", "go"])
]


def test_every_negative_keeps_its_grade(tmp_path: Path) -> None:
    write_triplets(tmp_path / "graded.jsonl", GRADED)
    training, _ = split(tmp_path / "graded.jsonl", 1)
    chosen = training.negatives_for(np.array([2, 0]), 1)
    assert chosen is not None
    assert chosen.grades is not None
    rows = [int(text.split()[1].split(".")[0]) for text in texts(chosen.tokens)]
    assert chosen.grades.tolist() == pytest.approx([row / 10 for row in rows])
    assert chosen.owners.tolist() == [0, 1]


def test_rows_are_found_by_their_language(tmp_path: Path) -> None:
    write_triplets(tmp_path / "graded.jsonl", GRADED)
    training, validation = split(tmp_path / "graded.jsonl", 1)
    for part in (training, validation):
        anchors = texts(part.queries)
        for language, rows in part.languages.items():
            for row in rows:
                said = GRADED[int(anchors[row].split()[1])].language
                assert (said or "text") == language
        assert sorted(np.concatenate([*part.languages.values()])) == [*range(len(part))]


def test_a_file_that_grades_some_lines_only_is_refused(tmp_path: Path) -> None:
    write_triplets(tmp_path / "some.jsonl", [*GRADED, TRIPLETS[2]])
    with pytest.raises(InvalidInputError, match="grades the negatives of 6 lines out of 7"):
        split(tmp_path / "some.jsonl", 1)
    write_triplets(tmp_path / "some.jsonl", [*GRADED, TRIPLETS[0]])  # which has no negatives
    assert split(tmp_path / "some.jsonl", 1)[0].grades is not None


@pytest.mark.parametrize(
    ("asked", "message"),
    [({"graded": True}, "no graded negatives"), ({"languages": True}, "names no language")],
)
def test_what_a_config_asks_of_a_file_must_be_in_it(
    path: Path, asked: dict[str, bool], message: str
) -> None:
    training, _ = split(path, 3)
    check_said(path, training, graded=False, languages=False)
    with pytest.raises(InvalidInputError, match=message) as caught:
        check_said(path, training, **{"graded": False, "languages": False, **asked})
    assert "python -m cpt_training.negatives" in caught.value.remedy
