"""Verdicts over all answers together: repeats, round trips, evaluation sets, other wordings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cpt_rag import load_encoder
from cpt_training.supervised.triplets import Triplet, read_triplets
from cpt_training.synthesis.answers import Answer
from cpt_training.synthesis.judge import RoundTrip, judge
from cpt_training.synthesis.output import RECORDS, REPORT, TRIPLETS, write_judged
from cpt_training.synthesis.prompts import DOCSTRINGS
from cpt_training.synthesis.round_trip import ranks
from cpt_training.synthesis.subject import Subject

from .conftest import GOOD, MODEL, QUERY, answer, subject

SUMMARY = DOCSTRINGS[0]
ANYTHING = RoundTrip(load_encoder(), rank=10, among=1000)
STRICT = replace(ANYTHING, rank=1)
ABOUT = {
    "sort_users": ("sorted(users, key=lambda user: user.age)", "order people by how old they are"),
    "open_socket": ("socket.create_connection((host, port))", "connect to a server on the network"),
    "draw_circle": ("canvas.arc(x, y, radius, 0, 2 * pi)", "paint a round shape on the canvas"),
}


def about(name: str) -> Subject:
    return subject(name, f"return {ABOUT[name][0]}")


def verdicts(answers: Sequence[Answer], **more: Any) -> dict[str, str]:
    """Verdict by text."""
    judged = judge(answers, more.get("trip", ANYTHING), more.get("evaluation"))
    return {one.text: one.verdict for one in judged}


def query(name: str, text: str = "") -> Answer:
    return answer(f"{text or ABOUT[name][1]} from inside of a python program", about(name))


def test_good_answers_are_kept() -> None:
    assert set(verdicts([query(name) for name in ABOUT], trip=STRICT).values()) == {"kept"}


def test_a_failure_and_a_text_with_a_fault_keep_their_reason() -> None:
    answers = [answer("", error="TimeoutError: "), answer("I cannot.", subject("other"))]
    assert sorted(one.verdict for one in judge(answers, ANYTHING, None)) == ["failed", "refusal"]


def test_a_model_that_repeats_itself_is_kept_once() -> None:
    texts = [GOOD, GOOD.upper(), f"{GOOD} please", "how to sort a list of names in place quickly"]
    answers = [answer(text, subject(f"function_{i}")) for i, text in enumerate(texts)]
    found = judge(answers, ANYTHING, None)
    assert sorted(one.verdict for one in found) == ["kept", "kept", *["near_duplicate"] * 2]


def test_short_texts_repeat_where_their_words_are_the_same() -> None:
    texts = ["Sort the names.", "sort  the names.", "Sort the users."]
    answers = [answer(f"{t}", subject(f"f_{i}"), SUMMARY) for i, t in enumerate(texts)]
    found = judge([replace(a, answer=f"{a.answer} Now.") for a in answers], ANYTHING, None)
    assert sorted(one.verdict for one in found) == ["kept", "kept", "near_duplicate"]


def test_a_text_that_finds_another_function_fails_the_round_trip() -> None:
    wrong = query("draw_circle", "how can I connect to a server and port on the network socket")
    found = verdicts([query("sort_users"), query("open_socket"), wrong], trip=STRICT)
    assert found[wrong.answer] == "round_trip"
    assert sorted(found.values()) == ["kept", "kept", "round_trip"]
    assert verdicts([query("open_socket"), wrong], trip=ANYTHING)[wrong.answer] == "kept"


def test_verdicts_do_not_depend_on_the_order_of_the_answers() -> None:
    answers = [query(name) for name in ABOUT] + [
        answer(GOOD, subject(f"function_{i}")) for i in range(4)
    ]
    forwards, backwards = judge(answers, STRICT, None), judge(answers[::-1], STRICT, None)
    assert [(one.answer.key, one.verdict) for one in forwards] == [
        (one.answer.key, one.verdict) for one in backwards
    ]


def test_an_answer_to_another_wording_is_not_kept() -> None:
    old = replace(answer(GOOD), prompt_sha256="0" * 64)
    unknown = replace(answer(GOOD, subject("other")), prompt="query/0")
    assert {one.verdict for one in judge([old, unknown], ANYTHING, None)} == {"old_prompt"}


def test_nothing_kept_resembles_an_evaluation_set_in_text_or_code(tmp_path: Path) -> None:
    measured = about("sort_users").code
    (tmp_path / "set.jsonl").write_text(
        json.dumps({"query": GOOD}) + "\n" + json.dumps({"code": measured}) + "\n",
        encoding="utf-8",
    )
    answers = [answer(GOOD, about("draw_circle")), query("sort_users"), query("open_socket")]
    found = verdicts(answers, evaluation=tmp_path)
    assert sorted(found.values()) == ["kept", "near_evaluation", "near_evaluation"]
    assert found[query("open_socket").answer] == "kept"


class Fixed:
    """An encoder whose vectors are written down."""

    def __init__(self, **vectors: tuple[float, float]) -> None:
        self._vectors = vectors
        self.fingerprint = SimpleNamespace(name="fixed", weights="0")

    def encode_query(self, texts: Sequence[str]) -> Any:
        return np.array([self._vectors[text] for text in texts], dtype=np.float32)

    encode_document = encode_query


@pytest.mark.parametrize("among", [3, 100])
def test_a_rank_counts_the_other_codes_that_are_as_near(among: int) -> None:
    encoder: Any = Fixed(q=(1, 0), a=(1, 0), b=(0.6, 0.8), c=(0.8, 0.6), d=(0.6, 0.8))
    codes = ["a", "b", "c"]
    assert list(ranks(encoder, ["q", "q"], ["a", "b"], codes, among)) == [1, 3]
    assert list(ranks(encoder, ["q"], ["b"], [*codes, "d"], among)) == [4]


def test_no_more_others_are_in_the_way_than_asked_for() -> None:
    codes = {f"code{i}": (1.0, 0.0) for i in range(20)}
    encoder: Any = Fixed(q=(1, 0), **codes)
    found = ranks(encoder, ["q"] * 20, list(codes), list(codes), 5)
    assert set(found) == {6}


def test_what_is_kept_becomes_triplets_and_everything_keeps_its_record(tmp_path: Path) -> None:
    answers = [query("sort_users"), answer("I cannot.", about("open_socket"))]
    judged = judge(answers, ANYTHING, None)
    report = write_judged(tmp_path, judged, ANYTHING)
    assert list(read_triplets(tmp_path / TRIPLETS)) == [
        Triplet(query("sort_users").answer, about("sort_users").code, ())
    ]
    lines = (tmp_path / RECORDS).read_text(encoding="utf-8").splitlines()
    records = {row["verdict"]: row for row in map(json.loads, lines)}
    assert records.keys() == {"kept", "refusal"}
    assert records["refusal"]["answer"] == "I cannot."
    assert all(row["model"] == MODEL and row["prompt"] == QUERY.id for row in records.values())
    assert json.loads((tmp_path / REPORT).read_text(encoding="utf-8")) == report
    assert report["verdicts"] == {QUERY.id: {"kept": 1, "refusal": 1}}
    assert (report["answers"], report["kept"], report["models"]) == (2, 1, [MODEL])
    assert report["round_trip"]["among"] == 1
