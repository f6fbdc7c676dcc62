"""Grades: who gives them, when they are raised, and what becomes of a run that is stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cpt_rag.errors import InvalidInputError, TrainingError
from cpt_training.negatives.annotate import Annotator, EmbeddingAnnotator, Judge, Labels
from cpt_training.negatives.chat import ChatAnnotator
from cpt_training.negatives.grade import grade
from cpt_training.negatives.record import record_path
from cpt_training.negatives.refine import Doubt, Refinement, doubts
from cpt_training.supervised.triplets import Triplet, read_triplets, write_triplets

from .conftest import letters, words

RIGHT = "def open_file(path):\n    return files.open(path)\n"
TWIN = "def shut(door):\n    return hinges.turn(door)\n"
OTHER = "class Door:\n    pass\n"
NO_TREES = Refinement(raise_by=0.1, tree_below=-1.0)


def triplet(*negatives: str) -> Triplet:
    return Triplet("Open the file.", RIGHT, negatives, language="python")


class Said:
    """An annotator that says what it is told to."""

    def __init__(self, *labels: Labels, stop_after: int = 1000) -> None:
        self._labels, self._stop_after = labels, stop_after
        self.asked = 0

    @property
    def name(self) -> str:
        return "told"

    def annotate(self, triplets: Sequence[Triplet]) -> Iterator[Labels]:
        for own in self._labels[len(self._labels) - len(triplets) :]:
            if self.asked == self._stop_after:
                raise KeyboardInterrupt
            self.asked += 1
            yield own


def graded(
    folder: Path,
    given: Sequence[Triplet],
    annotator: Annotator,
    refinement: Refinement = NO_TREES,
    judge: Judge | None = None,
) -> list[Triplet]:
    write_triplets(folder / "in.jsonl", given)
    out = folder / "out.jsonl"
    grade(folder / "in.jsonl", annotator, refinement, out, lambda _: None, judge)
    return list(read_triplets(out))


def test_an_embedding_model_grades_by_cosine(tmp_path: Path) -> None:
    given = [triplet(OTHER, TWIN) for _ in range(70)]  # more than are embedded together
    asked, *documents = np.array(words(["Open the file.", OTHER, TWIN]))
    for found in graded(tmp_path, given, EmbeddingAnnotator(letters())):
        assert found.grades == pytest.approx([asked @ document for document in documents], abs=1e-3)
        assert (found.negatives, found.language) == ((OTHER, TWIN), "python")


@pytest.mark.parametrize(
    ("labels", "limit", "tree_below", "expected"),
    [
        (Labels(0.9, (0.5,)), 0.6, -1.0, set()),
        (Labels(0.9, (0.7,)), 0.6, -1.0, {Doubt.BEYOND_PARTING}),
        (Labels(0.4, (0.5,)), 0.6, -1.0, {Doubt.ABOVE_POSITIVE}),
        (Labels(0.4, (0.7,)), 0.6, 0.1, {*Doubt}),
        (Labels(0.9, (0.1,)), 0.6, 0.1, {Doubt.SAME_TREE}),
        (Labels(0.9, (0.7,)), None, -1.0, set()),
        (Labels(None, (0.7,)), None, -1.0, set()),
        (Labels(0.9, (None,)), 0.6, 0.1, set()),
    ],
)
def test_a_negative_is_in_doubt_for_any_of_three_reasons(
    labels: Labels, limit: float | None, tree_below: float, expected: set[Doubt]
) -> None:
    assert doubts(triplet(TWIN), labels, limit, tree_below) == (frozenset(expected),)


def test_code_of_another_structure_has_another_tree() -> None:
    (found,) = doubts(triplet(OTHER), Labels(0.9, (0.1,)), None, 0.1)
    assert not found


def test_the_grade_of_a_doubtful_negative_is_raised_and_no_other(tmp_path: Path) -> None:
    labels = Labels(0.5, (0.6, 0.3)), Labels(0.5, (0.2, 0.98)), Labels(0.5, (0.1, 0.4))
    found = graded(tmp_path, [triplet(OTHER, TWIN)] * 3, Said(*labels))
    assert [own.grades for own in found] == [(0.7, 0.3), (0.2, 1.0), (0.1, 0.4)]


def test_negatives_beyond_the_parting_of_the_whole_file_are_raised(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    low, high = (random.normal(mean, 0.03, 300).round(4).tolist() for mean in (0.2, 0.8))
    labels = [Labels(0.99, (a, b)) for a, b in zip(low, high, strict=True)]
    found = graded(tmp_path, [triplet(OTHER, TWIN)] * 300, Said(*labels))
    for own, a, b in zip(found, low, high, strict=True):
        assert own.grades == pytest.approx([a, b + 0.1])
    record = json.loads(record_path(tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert 0.3 < record["parting"] < 0.7
    assert record["in_doubt"] == {"beyond_parting": 300}
    assert (record["negatives"], record["raised"]) == (600, 300)


class Scripted:
    """A chat model that says its lines, one after the other."""

    def __init__(self, *lines: Any) -> None:
        self._lines = iter(lines)
        self.prompts: list[str] = []

    def invoke(self, input: str) -> Any:  # noqa: A002
        from langchain_core.messages import AIMessage

        self.prompts.append(input)
        line = next(self._lines)
        if isinstance(line, Exception):
            raise line
        return AIMessage(content=line)


def test_a_chat_model_grades_each_pair(tmp_path: Path) -> None:
    chat = Scripted("1", "0.35", " 0 \n", [{"type": "text", "text": "1.0"}])
    given = [triplet(OTHER, TWIN), triplet()]
    found = graded(tmp_path, given, ChatAnnotator(chat, "scripted-1"))
    assert [own.grades for own in found] == [(0.35, 0.0), ()]
    assert all("Open the file." in prompt for prompt in chat.prompts)
    asked = zip([RIGHT, OTHER, TWIN, RIGHT], chat.prompts, strict=True)
    assert all(code in prompt for code, prompt in asked)
    record = json.loads(record_path(tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert record["annotator"].startswith("scripted-1: ")


@pytest.mark.parametrize(
    "answer",
    ["", "I cannot help with that.", "0.5 or so", "7", "-0.5", "1.5", "nan", "0.\u0665", []],
)
def test_a_negative_without_a_number_is_left_out_and_counted(
    tmp_path: Path, answer: object
) -> None:
    chat = Scripted("0.9", answer, "0.25")
    found = graded(tmp_path, [triplet(OTHER, TWIN)], ChatAnnotator(chat, "scripted-1"))
    assert [(own.negatives, own.grades) for own in found] == [((TWIN,), (0.25,))]
    record = json.loads(record_path(tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert record["without_label"] == 1


def test_a_chat_model_that_fails_loses_nothing_that_was_said(tmp_path: Path) -> None:
    given = [triplet(OTHER), triplet(TWIN)]
    first = Scripted("1", "0.5", "1", TimeoutError("too slow"))
    with pytest.raises(TrainingError, match="TimeoutError: too slow") as caught:
        graded(tmp_path, given, ChatAnnotator(first, "scripted-1"))
    assert "run the same again" in caught.value.remedy
    second = Scripted("0.9", "0.25")
    found = graded(tmp_path, given, ChatAnnotator(second, "scripted-1"))
    assert [own.grades for own in found] == [(0.5,), (0.25,)]
    assert len(second.prompts) == 2


def test_a_judge_is_asked_about_the_doubtful_ones_and_only_its_yes_raises(tmp_path: Path) -> None:
    labels = Labels(0.5, (0.6, 0.7)), Labels(0.5, (0.8, 0.1))
    judge = ChatAnnotator(chat := Scripted("No.", "yes", "Perhaps"), "scripted-1")
    found = graded(tmp_path, [triplet(OTHER, TWIN)] * 2, Said(*labels), judge=judge)
    assert [own.grades for own in found] == [(0.6, 0.8), (0.8, 0.1)]
    assert len(chat.prompts) == 3
    record = json.loads(record_path(tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert (record["raised"], record["without_verdict"]) == (1, 1)


def test_a_judge_that_fails_is_not_asked_again_about_what_it_said(tmp_path: Path) -> None:
    given, labels = [triplet(OTHER, TWIN)] * 2, [Labels(0.5, (0.6, 0.7)), Labels(0.5, (0.8, 0.1))]
    judge = ChatAnnotator(Scripted("yes", OSError("gone")), "scripted-1")
    with pytest.raises(TrainingError, match="OSError: gone"):
        graded(tmp_path, given, Said(*labels), judge=judge)
    told = Said(*labels)
    judge = ChatAnnotator(Scripted("no", "no"), "scripted-1")
    found = graded(tmp_path, given, told, judge=judge)
    assert [own.grades for own in found] == [(0.7, 0.7), (0.8, 0.1)]
    assert told.asked == 0


@pytest.mark.parametrize("torn", [b"", b"[0.5, [0.", b"[0.5"])
def test_a_killed_run_goes_on_after_the_last_whole_line(tmp_path: Path, torn: bytes) -> None:
    labels = [Labels(0.9, (i / 10,)) for i in range(4)]
    with pytest.raises(KeyboardInterrupt):
        graded(tmp_path, [triplet(OTHER)] * 4, Said(*labels, stop_after=2))
    with (tmp_path / "out.jsonl.journal").open("ab") as journal:
        journal.write(torn)
    again = Said(*labels)
    found = graded(tmp_path, [triplet(OTHER)] * 4, again)
    assert [own.grades for own in found] == [(i / 10,) for i in range(4)]
    assert again.asked == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "in.jsonl",
        "out.jsonl",
        "out.jsonl.json",
    ]


def test_a_run_of_another_file_does_not_go_on(tmp_path: Path) -> None:
    labels = [Labels(0.9, (0.1,))] * 2
    with pytest.raises(KeyboardInterrupt):
        graded(tmp_path, [triplet(OTHER)] * 2, Said(*labels, stop_after=1))
    with pytest.raises(InvalidInputError, match="another file, annotator or other settings"):
        graded(tmp_path, [triplet(TWIN)] * 2, Said(*labels))


@pytest.mark.parametrize("harm", [b"\0\0\0\n", b"\xff\n"])
def test_a_harmed_journal_is_refused_with_a_way_out(tmp_path: Path, harm: bytes) -> None:
    labels = [Labels(0.9, (0.1,))] * 2
    with pytest.raises(KeyboardInterrupt):
        graded(tmp_path, [triplet(OTHER)] * 2, Said(*labels, stop_after=1))
    journal = tmp_path / "out.jsonl.journal"
    journal.write_bytes(journal.read_bytes() + harm)
    with pytest.raises(InvalidInputError, match="no JSON") as caught:
        graded(tmp_path, [triplet(OTHER)] * 2, Said(*labels))
    assert caught.value.remedy.startswith(f"remove {journal}")


@pytest.mark.parametrize("values", [(-0.1, 0.1), (1.1, 0.1), (0.1, 1.1)])
def test_impossible_values_are_refused(values: tuple[float, float]) -> None:
    with pytest.raises(InvalidInputError):
        Refinement(*values)
