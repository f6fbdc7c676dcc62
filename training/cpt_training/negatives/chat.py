"""A chat model that labels pairs, and that judges the doubtful ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from cpt_rag.errors import TrainingError
from cpt_training.negatives.annotate import Labels
from cpt_training.supervised.triplets import Triplet

_GRADE = re.compile(r"0(?:\.[0-9]+)?|1(?:\.0+)?")
_ASK_GRADE = """How well does this code do what the description says? Answer with one number from \
0 (another thing altogether) to 1 (exactly that), such as 0.35, and with nothing else.

Description:
{anchor}

Code:
{code}
"""
_ASK_FIT = """Does this code do what the description says, although the description was written \
for other code? Answer with yes or no, and with nothing else.

Description:
{anchor}

Code:
{code}
"""


class ChatModel(Protocol):
    """What is needed of a LangChain chat model, ``BaseChatModel`` or alike."""

    def invoke(self, input: str) -> Any:  # noqa: A002  (LangChain's own name)
        """A message whose ``text`` is what the model said."""
        ...


class ChatAnnotator:
    """A chat model's own numbers, one question for each pair; also a `Judge`.

    What is no number from 0 to 1 (a refusal, nothing, an essay) is no label: the pair is left out
    of the file of triplets. What is neither yes nor no is no verdict: the grade is not raised. The
    record counts both. A model that does not answer at all raises.

    Args:
        chat: the model; time limits and repeated tries are its own settings.
        model: name and version of what answers, for the record.
    """

    def __init__(self, chat: ChatModel, model: str) -> None:
        self._chat, self._model = chat, model

    @property
    def name(self) -> str:
        """Model and prompts."""
        return f"{self._model}: {_ASK_GRADE}{_ASK_FIT}"

    def annotate(self, triplets: Sequence[Triplet]) -> Iterator[Labels]:
        """One question for each document of each triplet.

        Raises:
            TrainingError: while asking: the model did not answer.
        """
        for triplet in triplets:
            first, *others = (
                self._grade(triplet.anchor, code) for code in (triplet.positive, *triplet.negatives)
            )
            yield Labels(first, tuple(others))

    def fits(self, anchor: str, code: str) -> bool | None:
        """Whether the code does what the anchor says.

        Raises:
            TrainingError: the model did not answer.
        """
        answer = self._ask(_ASK_FIT.format(anchor=anchor, code=code)).rstrip(".").lower()
        return {"yes": True, "no": False}.get(answer)

    def _grade(self, anchor: str, code: str) -> float | None:
        answer = self._ask(_ASK_GRADE.format(anchor=anchor, code=code))
        return float(answer) if _GRADE.fullmatch(answer) else None

    def _ask(self, prompt: str) -> str:
        try:
            message = self._chat.invoke(prompt)
        except Exception as error:  # of whichever provider: each raises its own
            raise TrainingError(
                f"The chat model {self._model} gave no answer: {type(error).__name__}: {error}",
                expected="an answer",
                remedy="run the same again: what was graded so far is kept",
            ) from error
        return str(message.text).strip()
