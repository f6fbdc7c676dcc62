"""Asking: bounded, budgeted, patient with what passes, and never twice for one answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.rate_limiters import BaseRateLimiter

from cpt_rag.errors import InvalidInputError, TrainingError
from cpt_training.synthesis.answers import Answer, AnswerFile, Request, read_answers
from cpt_training.synthesis.ask import GIVE_UP, Outcome, ask
from cpt_training.synthesis.limits import ATTEMPTS, Limits, limiter, passes

from .conftest import GOOD, MODEL, SLOW, USAGE, ScriptedChat, requests


class StatusError(Exception):
    """As providers raise it."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status_code = status


def run(
    path: Path, chat: ScriptedChat, asked: list[Request], **limits: Any
) -> tuple[Outcome, list[Answer]]:
    with AnswerFile(path) as answers:
        outcome = ask(chat, asked, answers, Limits(**{"pause": 0.0, **limits}))
    return outcome, list(read_answers(path))


def saying(answer: Any) -> ScriptedChat:
    return ScriptedChat(script=lambda text: answer)


def at_first(wrong: Callable[[], Any], times: int = 1) -> ScriptedChat:
    """Does wrong ``times`` times with each request, and answers then."""
    tries: Counter[str] = Counter()

    def script(text: str) -> Any:
        tries[text] += 1
        return wrong() if tries[text] <= times else GOOD

    return ScriptedChat(script=script)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


def test_every_request_is_answered_once(path: Path) -> None:
    chat = saying(GOOD)
    outcome, answers = run(path, chat, requests(20))
    assert outcome == Outcome(0, 20, 0, 0, requests=20, tokens=2000, spent="")
    assert len(chat.asked) == 20
    assert {one.key for one in answers} == {one.key(MODEL) for one in requests(20)}
    assert {one.answer for one in answers} == {GOOD}
    assert answers[0].response["model_name"] == "scripted-1-2025-01-31"
    assert answers[0].usage["total_tokens"] == 100


def test_a_request_given_twice_is_asked_once(path: Path) -> None:
    chat = saying(GOOD)
    run(path, chat, requests(3) + requests(3))
    assert len(chat.asked) == 3


def test_another_run_asks_only_what_has_no_answer(path: Path) -> None:
    run(path, saying(GOOD), requests(5))
    chat = saying(GOOD)
    outcome, answers = run(path, chat, requests(8))
    assert (outcome.known, outcome.answered, len(chat.asked), len(answers)) == (5, 3, 3, 8)


def test_progress_counts_what_was_answered_before(path: Path) -> None:
    run(path, saying(GOOD), requests(5))
    told: list[int] = []
    with AnswerFile(path) as answers:
        ask(saying(GOOD), requests(8), answers, Limits(), told.append)
    assert told == [6, 7, 8]


def test_another_model_is_asked_anew(path: Path) -> None:
    run(path, saying(GOOD), requests(3))
    _, answers = run(path, ScriptedChat(model="other", script=lambda text: GOOD), requests(3))
    assert Counter(one.model for one in answers) == {MODEL: 3, "other": 3}


def test_a_run_that_is_interrupted_keeps_its_answers_and_asks_none_of_them_again(
    path: Path,
) -> None:
    seen: list[str] = []

    def script(text: str) -> Any:
        if len(seen) == 6:
            raise KeyboardInterrupt
        seen.append(text)
        return GOOD

    with pytest.raises(KeyboardInterrupt):
        run(path, ScriptedChat(script=script), requests(10), at_once=2)
    chat = saying(GOOD)
    before = len(list(read_answers(path)))
    outcome, answers = run(path, chat, requests(10))
    assert before >= 5  # one more may have been under way
    assert (outcome.known, outcome.answered) == (before, 10 - before)
    assert not {one.subject.code for one in answers[:before]} & {
        code for text in chat.asked for code in text.split("```")
    }


def test_so_many_are_under_way_at_once_and_no_more(path: Path) -> None:
    chat = saying(GOOD)
    run(path, chat, requests(30), at_once=4)
    assert chat.most_under_way == 4


def test_the_budget_of_requests_is_kept_and_the_next_run_goes_on(path: Path) -> None:
    chat = saying(GOOD)
    outcome, answers = run(path, chat, requests(10), requests=4, at_once=3)
    assert len(chat.asked) == len(answers) == outcome.requests == 4
    assert (outcome.left, outcome.spent) == (6, "requests")
    assert run(path, chat, requests(10))[0].known == 4


def test_a_second_attempt_counts_as_a_request(path: Path) -> None:
    chat = at_first(lambda: StatusError(429))
    outcome, _ = run(path, chat, requests(5), requests=4, at_once=1)
    assert (outcome.answered, len(chat.asked)) == (2, 4)


def test_what_the_budget_leaves_is_no_failure(path: Path) -> None:
    chat = at_first(lambda: StatusError(503), times=2)
    outcome, answers = run(path, chat, requests(2), requests=2, at_once=1)
    assert (outcome.failed, outcome.left, answers) == (0, 2, [])


def test_the_budget_of_tokens_lets_what_is_under_way_end(path: Path) -> None:
    outcome, answers = run(path, saying(GOOD), requests(20), tokens=500, at_once=3)
    assert outcome.spent == "tokens"
    assert 500 <= outcome.tokens <= 500 + 2 * 100
    assert len(answers) == outcome.tokens // 100


def test_a_budget_that_suffices_is_not_spent(path: Path) -> None:
    outcome, _ = run(path, saying(GOOD), requests(4), requests=4, tokens=400)
    assert (outcome.left, outcome.spent) == (0, "")


@pytest.mark.parametrize("usage", [None, dict.fromkeys(USAGE, 0)])
def test_tokens_cannot_be_limited_where_the_model_does_not_state_them(
    path: Path, usage: dict[str, int] | None
) -> None:
    chat = ScriptedChat(script=lambda text: GOOD, usage=usage)
    with pytest.raises(InvalidInputError, match="how many tokens"):
        run(path, chat, requests(9), tokens=1000, at_once=1)
    assert len(list(read_answers(path))) == 1


@pytest.mark.parametrize(
    "wrong",
    [lambda: StatusError(429), lambda: StatusError(503), lambda: ConnectionError("reset")],
)
def test_an_error_that_passes_is_tried_again(path: Path, wrong: Callable[[], Any]) -> None:
    outcome, answers = run(path, at_first(wrong, times=2), requests(3))
    assert (outcome.answered, outcome.failed, outcome.requests) == (3, 0, 9)
    assert not any(one.error for one in answers)


def test_an_answer_that_does_not_come_in_time_is_asked_for_again(path: Path) -> None:
    outcome, _ = run(path, at_first(lambda: SLOW), requests(2), timeout=0.05)
    assert (outcome.answered, outcome.requests) == (2, 4)


def test_a_model_that_never_answers_in_time_is_recorded_as_failing(path: Path) -> None:
    outcome, answers = run(path, saying(SLOW), requests(1), timeout=0.01)
    assert (outcome.failed, outcome.requests) == (1, ATTEMPTS)
    assert "TimeoutError" in answers[0].error


def test_one_failure_is_recorded_and_the_others_go_on(path: Path) -> None:
    def script(text: str) -> Any:
        return StatusError(400) if "function_3(" in text else GOOD

    outcome, answers = run(path, ScriptedChat(script=script), requests(8))
    assert (outcome.answered, outcome.failed, outcome.requests) == (7, 1, 8)
    (failure,) = [one for one in answers if one.error]
    assert failure.subject.symbol == "function_3"
    assert failure.error == "StatusError: status 400"


def test_a_failure_is_asked_again_by_the_next_run(path: Path) -> None:
    run(path, saying(StatusError(400)), requests(2))
    outcome, _ = run(path, saying(GOOD), requests(2))
    assert (outcome.known, outcome.answered) == (0, 2)


def test_a_model_that_fails_every_time_ends_the_run(path: Path) -> None:
    chat = saying(StatusError(401))
    with pytest.raises(TrainingError, match="last with StatusError: status 401"):
        run(path, chat, requests(100), at_once=2)
    assert GIVE_UP <= len(chat.asked) <= GIVE_UP + 1


def test_empty_text_is_an_answer_and_is_left_to_the_filters(path: Path) -> None:
    outcome, answers = run(path, saying(""), requests(1))
    assert (outcome.answered, answers[0].answer, answers[0].error) == (1, "", "")


class Metronome(BaseRateLimiter):
    """Grants one request at each of its ticks, without waiting for any."""

    def __init__(self) -> None:
        self.granted = 0

    def acquire(self, *, blocking: bool = True) -> bool:
        raise NotImplementedError

    async def aacquire(self, *, blocking: bool = True) -> bool:
        self.granted += 1
        return True


def test_every_request_waits_for_its_turn_second_attempts_too(path: Path) -> None:
    ticks = Metronome()
    early: list[str] = []
    chat = at_first(lambda: StatusError(429))
    inner = chat.script

    def script(text: str) -> Any:
        if len(chat.asked) > ticks.granted:
            early.append(text)
        return inner(text)

    chat.script = script
    outcome, _ = run(path, chat, requests(6), limiter=ticks, at_once=3)
    assert (outcome.requests, ticks.granted, early) == (12, 12, [])


def test_waiting_for_its_turn_is_no_timeout(path: Path) -> None:
    outcome, _ = run(path, saying(GOOD), requests(2), limiter=limiter(10), timeout=0.05, at_once=1)
    assert (outcome.answered, outcome.requests) == (2, 2)


def test_a_rate_is_a_token_bucket_without_bursts() -> None:
    bucket: Any = limiter(2.5)
    assert (bucket.requests_per_second, bucket.max_bucket_size) == (2.5, 1)
    assert not bucket.acquire(blocking=False)  # it starts empty


@pytest.mark.parametrize(
    ("error", "again"),
    [
        *((StatusError(status), True) for status in (408, 409, 425, 429, 500, 502, 529)),
        *((StatusError(status), False) for status in (400, 401, 402, 403, 404, 422)),
        (OSError("unreachable"), True),
        (TimeoutError(), True),
        (ValueError("wrong"), False),
        (KeyError("wrong"), False),
    ],
)
def test_what_passes_is_told_by_status_or_by_kind(error: Exception, again: bool) -> None:
    assert passes(error) is again
