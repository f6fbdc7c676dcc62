"""The file of answers: it only grows, survives a kill, and has nothing without a name."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.synthesis.answers import AnswerFile, Request, latest, read_answers
from cpt_training.synthesis.prompts import DOCSTRINGS

from .conftest import GOOD, MODEL, QUERY, answer, subject

TWO = [answer(GOOD), answer("naïve — 東京\u2028\n", subject("other"))]


def written(path: Path, *answers: object) -> Path:
    with AnswerFile(path) as file:
        for one in answers or TWO:
            file.append(one)  # type: ignore[arg-type]
    return path


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "new" / "answers.jsonl")
    assert list(read_answers(path)) == TWO


def test_a_line_carries_all_that_an_answer_came_from(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", answer(GOOD, response={"model_name": "m-2"}))
    row = json.loads(path.read_text(encoding="utf-8"))
    assert row["model"] == MODEL
    assert row["response"] == {"model_name": "m-2"}
    assert (row["prompt"], row["prompt_sha256"]) == (QUERY.id, QUERY.sha256)
    assert row["subject"] == {
        "package": "some",
        "path": "a.py",
        "symbol": "drop_words",
        "language": "python",
        "licence": "MIT",
        "code": subject().code,
    }


def test_an_answer_is_on_the_disk_before_the_file_is_closed(tmp_path: Path) -> None:
    with AnswerFile(tmp_path / "a.jsonl") as file:
        file.append(TWO[0])
        assert list(read_answers(tmp_path / "a.jsonl")) == TWO[:1]


@pytest.mark.parametrize("torn", [b'{"key": "abc", "mo', b"\xe6\x9d", b"{"])
def test_a_line_that_a_kill_cut_short_is_passed_over_and_overwritten(
    tmp_path: Path, torn: bytes
) -> None:
    path = written(tmp_path / "a.jsonl", TWO[0])
    with path.open("ab") as file:
        file.write(torn)
    assert list(read_answers(path)) == TWO[:1]
    assert list(read_answers(written(path, TWO[1]))) == TWO


def test_half_a_character_does_not_stop_a_run(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", answer("half \ud800 of it"))
    assert [one.answer for one in read_answers(path)] == ["half ? of it"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "is not JSON"),
        ("[]", "is not a JSON object"),
        ("{}", "is no answer of a model"),
        (json.dumps({"key": "a"}), "is no answer of a model"),
        (json.dumps({**asdict(TWO[0]), "subject": {"code": "a"}}), "is no answer of a model"),
        (json.dumps({**asdict(TWO[0]), "more": "a"}), "is no answer of a model"),
        (
            json.dumps({**asdict(TWO[0]), "subject": {**asdict(subject()), "code": 1}}),
            "is no answer of a model",
        ),
    ],
)
def test_a_line_that_is_no_answer_is_refused_with_its_place(
    tmp_path: Path, line: str, said: str
) -> None:
    path = written(tmp_path / "a.jsonl", TWO[0])
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    with pytest.raises(InvalidInputError, match=f"line 2 {said}"):
        list(read_answers(path))
    with pytest.raises(InvalidInputError, match="line 2"):
        AnswerFile(path)


@pytest.mark.parametrize("name", ["", "  "])
def test_an_answer_without_a_model_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInputError, match="names no model"):
        answer(GOOD, model=name)
    path = written(tmp_path / "a.jsonl", TWO[0])
    path.write_text(path.read_text(encoding="utf-8").replace(MODEL, name), encoding="utf-8")
    with pytest.raises(InvalidInputError, match="line 1 names no model"):
        list(read_answers(path))


def test_a_file_that_another_run_writes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with AnswerFile(path), pytest.raises(InvalidInputError, match="Another run"):
        AnswerFile(path)
    assert AnswerFile(path).answered == set()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="cannot be written"):
        AnswerFile(tmp_path / "file" / "a.jsonl")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be read"):
        list(read_answers(tmp_path / "a.jsonl"))


def test_what_was_answered_later_stands_for_an_earlier_failure(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", answer("", error="late"), TWO[1], TWO[0])
    assert latest(path) == TWO
    with AnswerFile(path) as file:
        assert file.answered == {one.key for one in TWO}


def test_a_failure_is_no_answer(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", answer("", error="late"))
    with AnswerFile(path) as file:
        assert file.answered == set()


def test_a_key_is_of_model_prompt_and_code_and_not_of_the_place() -> None:
    request = Request(QUERY, subject())
    moved = Request(QUERY, type(subject())("other", "b.py", "f", "python", "", subject().code))
    others = [
        Request(DOCSTRINGS[0], subject()).key(MODEL),
        Request(QUERY, subject(body="return 1")).key(MODEL),
        request.key("another"),
    ]
    assert request.key(MODEL) == moved.key(MODEL)
    assert len({request.key(MODEL), *others}) == 4
