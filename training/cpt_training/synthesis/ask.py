"""Asking a model, several requests at once, with every answer on the disk as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tenacity

from cpt_rag.errors import CptRagError, InvalidInputError, TrainingError
from cpt_training.synthesis.answers import Answer, AnswerFile, Request
from cpt_training.synthesis.chat import model_name
from cpt_training.synthesis.limits import ATTEMPTS, LONGEST_PAUSE, Budget, Limits, passes

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

GIVE_UP = 10
"""Requests that may fail one after the other: a wrong key fails them all."""
_ERROR_CHARACTERS = 500

Progress = Callable[[int], None]
"""Told after each request how many are done with, those that were answered before among them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    Args:
        known: requests that had an answer before.
        answered: by this run.
        failed: recorded as failures, and asked again by the next run.
        left: neither, for want of ``spent``.
        requests: sent, each attempt counted.
        tokens: read and written.
        spent: "requests" or "tokens" where that ended the run.
    """

    known: int
    answered: int
    failed: int
    left: int
    requests: int
    tokens: int
    spent: str


class _SpentError(Exception):
    """The budget is spent: no failure of the request."""


def ask(
    model: BaseChatModel,
    requests: Iterable[Request],
    answers: AnswerFile,
    limits: Limits,
    progress: Progress = lambda done: None,
) -> Outcome:
    """Put every request to ``model`` that has no answer yet.

    A request that fails for good, or ``ATTEMPTS`` times, is recorded as a failure and the others go
    on. What is answered stays, whatever ends the run.

    Raises:
        TrainingError: ten requests failed one after the other.
        InvalidInputError: tokens are limited and the model does not state them.
    """
    return asyncio.run(_Run(model, answers, limits, progress).all(list(requests)))


class _Run:
    """One run under way."""

    def __init__(
        self, model: BaseChatModel, answers: AnswerFile, limits: Limits, progress: Progress
    ) -> None:
        self._model = model
        self._name = model_name(model)
        self._answers = answers
        self._limits = limits
        self._progress = progress
        self._budget = Budget(limits)
        self._known = self._answered = self._failed = self._failed_in_a_row = 0
        self._fault: CptRagError | None = None

    async def all(self, requests: list[Request]) -> Outcome:
        """Put the requests, and say what came of it."""
        wanted = {request.key(self._name): request for request in requests}
        answered = self._answers.answered
        missing = {key: request for key, request in wanted.items() if key not in answered}
        self._known = len(wanted) - len(missing)
        pending = iter(missing.items())
        await asyncio.gather(*(self._work(pending) for _ in range(self._limits.at_once)))
        if self._fault is not None:
            raise self._fault
        left = len(missing) - self._answered - self._failed
        return Outcome(
            known=self._known,
            answered=self._answered,
            failed=self._failed,
            left=left,
            requests=self._budget.requests,
            tokens=self._budget.tokens,
            spent=self._budget.spent if left else "",
        )

    async def _work(self, pending: Iterator[tuple[str, Request]]) -> None:
        """Take one request after the other, until there is none or the run is to end."""
        while self._fault is None and not self._budget.spent:
            taken = next(pending, None)
            if taken is None:
                return
            key, request = taken
            try:
                message = await self._answer(request)
            except _SpentError:
                return
            except Exception as error:
                self._record_failure(key, request, error)
            else:
                self._record(key, request, message)
            self._progress(self._known + self._answered + self._failed)

    async def _answer(self, request: Request) -> AIMessage:
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(self._again),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=tenacity.wait_random_exponential(multiplier=self._limits.pause, max=LONGEST_PAUSE),
            reraise=True,
        )
        return await retrying(self._once, request)

    def _again(self, error: BaseException) -> bool:
        return not isinstance(error, _SpentError) and self._fault is None and passes(error)

    async def _once(self, request: Request) -> AIMessage:
        # Before the time counts: waiting for one's turn is no fault of the model.
        if self._limits.limiter is not None:
            await self._limits.limiter.aacquire()
        if self._fault is not None or self._budget.spent:
            raise _SpentError
        self._budget.sent()
        asked = self._model.ainvoke(request.prompt.messages(request.subject))
        return await asyncio.wait_for(asked, self._limits.timeout)

    def _record(self, key: str, request: Request, message: AIMessage) -> None:
        usage = dict(message.usage_metadata or {})
        self._answers.append(
            Answer(
                key,
                self._name,
                request.prompt.id,
                request.prompt.sha256,
                request.subject,
                answer=str(message.text),
                response=message.response_metadata,
                usage=usage,
            )
        )
        self._budget.answered(usage)
        self._answered += 1
        self._failed_in_a_row = 0
        stated = usage.get("total_tokens")
        if self._limits.tokens is not None and not stated and self._fault is None:
            self._fault = InvalidInputError(
                f"{self._name} does not say how many tokens an answer took.",
                expected="a model that does, where tokens are limited",
                remedy="limit the requests instead; what was answered is kept",
            )

    def _record_failure(self, key: str, request: Request, error: Exception) -> None:
        said = f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS]
        prompt = request.prompt
        self._answers.append(
            Answer(key, self._name, prompt.id, prompt.sha256, request.subject, error=said)
        )
        self._failed += 1
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= GIVE_UP and self._fault is None:
            self._fault = TrainingError(
                f"{self._name} failed {GIVE_UP} times one after the other, last with {said}",
                expected="a model that answers",
                remedy="mend what it says and run the same command again: it goes on from here",
            )
