"""Dialogues in the published chat formats to triplets: what is asked, and what is answered.

JSON Lines; each line holds one dialogue, in either form::

    {"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}
    {"conversations": [{"from": "human", "value": "..."}, {"from": "gpt", "value": "..."}]}

Content may also be a list of parts, of which those of type ``text`` are read. Other keys are passed
over: data sets carry ids, sources and scores of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cpt_rag.errors import InvalidInputError
from cpt_training.pairs.prose import DOCUMENT_CHARACTERS, cut_lines
from cpt_training.supervised.lines import bad_line, json_object, text_lines
from cpt_training.supervised.triplets import Triplet

QUESTION_CHARACTERS = 2000
CONTEXT_CHARACTERS = 600
MINIMUM_WORDS = 3

_USER, _ASSISTANT, _OTHER = "user", "assistant", "other"
_ROLES = {
    **dict.fromkeys(("user", "human"), _USER),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "model"), _ASSISTANT),
    **dict.fromkeys(("system", "developer", "tool", "function"), _OTHER),
    **dict.fromkeys(("observation", "function_call", "tool_call", "tool_response"), _OTHER),
}
_FORMS = (("messages", "role", "content"), ("conversations", "from", "value"))
_EXPECTED = (
    '{"messages": [{"role": "user", "content": "text"}, ...]} or '
    '{"conversations": [{"from": "human", "value": "text"}, ...]}'
)


class _Turn(NamedTuple):
    role: str
    text: str


def convert_chat(files: Sequence[Path], notes: list[str]) -> Iterator[Triplet]:
    """Yield every answer with what was asked, in the order of the files; none has negatives.

    A question comes first and what the same user asked before it follows, the latest before the
    others, so that a reader that cuts a text keeps the question.

    Args:
        files: JSON Lines, plain or ``.gz``.
        notes: takes what was left out, by reason.

    Raises:
        InvalidInputError: a file cannot be read or a line is no dialogue; names file and line. Or
            there is no answer in any of them.
    """
    dropped: Counter[str] = Counter()
    seen: set[int] = set()
    for path in files:
        for number, line in text_lines(path):
            turns = _turns(path, number, json_object(path, number, line, _EXPECTED))
            for triplet in _answers(turns, dropped):
                key = hash((triplet.anchor, triplet.positive))
                if key in seen:
                    dropped["repeated answers"] += 1
                    continue
                seen.add(key)
                yield triplet
    if not seen:
        raise InvalidInputError(
            f"{', '.join(map(str, files))} held no answer to a question.",
            expected=f"dialogues with turns of {MINIMUM_WORDS} words or more",
            remedy="check that these are the files that were meant",
        )
    notes += [f"{reason} left out: {count:,}" for reason, count in sorted(dropped.items())]


def _answers(turns: Sequence[_Turn], dropped: Counter[str]) -> Iterator[Triplet]:
    asked: list[str] = []
    last = _OTHER
    for turn in turns:
        if turn.role == _USER and last == _USER:
            asked[-1] = f"{asked[-1]}\n{turn.text}".strip()
        elif turn.role == _USER:
            asked.append(turn.text)
        elif turn.role == _ASSISTANT and last == _USER:
            reason = _fault(asked[-1], turn.text)
            if reason:
                dropped[reason] += 1
            else:
                yield Triplet(_with_context(asked), cut_lines(turn.text, DOCUMENT_CHARACTERS), ())
        last = turn.role


def _fault(question: str, answer: str) -> str:
    if len(question) > QUESTION_CHARACTERS:
        return f"questions of more than {QUESTION_CHARACTERS:,} characters"
    if len(question.split()) < MINIMUM_WORDS or len(answer.split()) < MINIMUM_WORDS:
        return f"questions or answers of fewer than {MINIMUM_WORDS} words"
    return ""


def _with_context(asked: Sequence[str]) -> str:
    """The last question, and as many of those before it as there is room for."""
    *earlier, question = asked
    room = CONTEXT_CHARACTERS
    kept = [question]
    for text in reversed(earlier):
        room -= len(text)
        if room < 0:
            break
        kept += [text] if text else []
    return "\n\n".join(kept)


def _turns(path: Path, number: int, row: Mapping[str, Any]) -> list[_Turn]:
    for name, role, content in (
        ("messages", "role", "content"),
        ("conversations", "from", "value"),
    ):
        if name in row:
            turns = row[name]
            if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
                raise bad_line(path, number, f"has no turns as {name!r}: {turns!r:.200}", _EXPECTED)
            return [_turn(path, number, turn, role, content) for turn in turns]
    found = f"has neither 'messages' nor 'conversations', but {sorted(row)}"
    raise bad_line(path, number, found, _EXPECTED)


def _turn(path: Path, number: int, turn: Mapping[str, Any], role: str, content: str) -> _Turn:
    known = _ROLES.get(turn.get(role, "")) if isinstance(turn.get(role), str) else None
    if known is None:
        found = f"has a turn of the unknown {role} {turn.get(role)!r}"
        raise bad_line(path, number, found, f"one of: {', '.join(_ROLES)}")
    text = turn.get(content)
    if isinstance(text, list) and all(isinstance(part, dict) for part in text):
        parts = (part.get("text") for part in text if part.get("type") == "text")
        text = "\n".join(part for part in parts if isinstance(part, str))
    # A call of a tool has no text; neither has what is none of our business.
    if text is None and known != _USER:
        text = ""
    if not isinstance(text, str):
        raise bad_line(path, number, f"has a turn without a text as {content!r}", _EXPECTED)
    return _Turn(known, text.strip())
