"""Dialogues in the published formats to triplets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cpt_rag.cli.run import run
from cpt_rag.errors import InvalidInputError
from cpt_training.supervised.__main__ import app
from cpt_training.supervised.chat import CONTEXT_CHARACTERS, QUESTION_CHARACTERS, convert_chat
from cpt_training.supervised.triplets import Triplet, read_triplets

FIRST = "How do I reverse a list?"
ANSWER = "Call reversed(list) or list.reverse()."
SECOND = "And how do I sort it?"
SORTED = "Call sorted(list) with a key."


def messages(*turns: tuple[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


def conversations(*turns: tuple[str, str]) -> dict[str, Any]:
    return {"id": 7, "conversations": [{"from": role, "value": text} for role, text in turns]}


def save(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def converted(tmp_path: Path, *rows: object) -> tuple[list[Triplet], list[str]]:
    notes: list[str] = []
    return list(convert_chat([save(tmp_path / "a.jsonl", *rows)], notes)), notes


@pytest.mark.parametrize(
    "row",
    [
        messages(("system", "Be kind."), ("user", FIRST), ("assistant", ANSWER)),
        conversations(("system", "Be kind."), ("human", FIRST), ("gpt", ANSWER)),
        messages(
            ("user", [{"type": "text", "text": FIRST}, {"type": "image_url", "image_url": {}}]),
            ("assistant", ANSWER),
        ),
    ],
)
def test_either_form_gives_question_and_answer(tmp_path: Path, row: dict[str, Any]) -> None:
    assert converted(tmp_path, row) == ([Triplet(FIRST, ANSWER, ())], [])


def test_what_was_asked_before_follows_the_question_the_latest_first(tmp_path: Path) -> None:
    third = "Which of them is stable?"
    turns = [("user", FIRST), ("assistant", ANSWER), ("user", SECOND), ("assistant", SORTED)]
    triplets, _ = converted(
        tmp_path, messages(*turns, ("user", third), ("assistant", "All of it."))
    )
    assert [one.anchor for one in triplets] == [
        FIRST,
        f"{SECOND}\n\n{FIRST}",
        f"{third}\n\n{SECOND}\n\n{FIRST}",
    ]
    assert triplets[1].positive == SORTED


def test_the_context_is_bounded(tmp_path: Path) -> None:
    long = "word " * (CONTEXT_CHARACTERS // 5 + 1)
    turns = [("user", long), ("assistant", ANSWER), ("user", SECOND), ("assistant", SORTED)]
    assert converted(tmp_path, messages(*turns))[0][1].anchor == SECOND


def test_calls_of_tools_are_no_answers_and_turns_of_one_user_are_one(tmp_path: Path) -> None:
    triplets, notes = converted(
        tmp_path,
        messages(("user", "Two things."), ("user", FIRST), ("assistant", ANSWER)),
        messages(("user", SECOND), ("assistant", None), ("tool", "42"), ("assistant", SORTED)),
    )
    assert triplets == [Triplet(f"Two things.\n{FIRST}", ANSWER, ())]
    assert notes == ["questions or answers of fewer than 3 words left out: 1"]


def test_short_long_and_repeated_turns_are_left_out_and_counted(tmp_path: Path) -> None:
    good = messages(("user", FIRST), ("assistant", ANSWER))
    short = messages(("user", "Hi!"), ("assistant", "Hello to you too."))
    long = messages(("user", "x y z " * QUESTION_CHARACTERS), ("assistant", ANSWER))
    triplets, notes = converted(tmp_path, good, good, short, long)
    assert len(triplets) == 1
    assert notes == [
        "questions of more than 2,000 characters left out: 1",
        "questions or answers of fewer than 3 words left out: 1",
        "repeated answers left out: 1",
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "x"}, "line 2 has neither 'messages' nor 'conversations', but ['text']"),
        ({"messages": "x"}, "line 2 has no turns as 'messages'"),
        (messages(("narrator", "x")), "line 2 has a turn of the unknown role 'narrator'"),
        (conversations(("user", "x")) | {"conversations": [{}]}, "of the unknown from None"),
        (messages(("user", 3)), "line 2 has a turn without a text as 'content'"),
        (messages(("user", None)), "line 2 has a turn without a text as 'content'"),
        ([], "line 2 is not a JSON object"),
    ],
)
def test_a_bad_line_is_refused_with_file_and_number(
    tmp_path: Path, row: object, message: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        converted(tmp_path, messages(("user", FIRST), ("assistant", ANSWER)), row)
    assert str(tmp_path / "a.jsonl") in caught.value.found
    assert message in caught.value.found
    assert caught.value.expected
    assert caught.value.remedy


def test_files_without_an_answer_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="held no answer"):
        converted(tmp_path, messages(("user", FIRST)))


def test_the_command_makes_one_file_of_several(tmp_path: Path) -> None:
    files = [
        save(tmp_path / "one.jsonl", messages(("user", FIRST), ("assistant", ANSWER))),
        save(tmp_path / "two.jsonl", conversations(("human", SECOND), ("gpt", SORTED))),
    ]
    out = tmp_path / "chat.jsonl"
    arguments = ["chat", *map(str, files), "--out", str(out)]
    assert run(app, arguments, "python -m cpt_training.supervised") == 0
    assert [one.anchor for one in read_triplets(out)] == [FIRST, SECOND]


def test_a_bad_file_leaves_what_lay_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = save(tmp_path / "chat.jsonl", "as it was")
    bad = save(tmp_path / "bad.jsonl", messages(("user", FIRST), ("assistant", ANSWER)), {"x": 1})
    arguments = ["chat", str(bad), "--out", str(out)]
    assert run(app, arguments, "python -m cpt_training.supervised") == 2
    assert "line 2" in capsys.readouterr().err
    assert json.loads(out.read_text()) == "as it was"
