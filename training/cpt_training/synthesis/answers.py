"""What models have answered: a file that only grows, a line as soon as there is an answer.

JSON Lines in UTF-8, each line with the fields of `Answer`. A line that a kill cut short has no line
break; it is passed over, and the next run overwrites it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from cpt_rag.errors import InvalidInputError
from cpt_training.supervised.lines import bad_line, json_object
from cpt_training.synthesis.prompts import Prompt
from cpt_training.synthesis.subject import Subject

if TYPE_CHECKING:
    from typing_extensions import Self

ANSWERS = "answers.jsonl"


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt about one code."""

    prompt: Prompt
    subject: Subject

    def key(self, model: str) -> str:
        """By which the answer is known again: all that ``model`` is told, and who is asked."""
        told = json.dumps([model, self.prompt.id, self.prompt.messages(self.subject)])
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said to a request, or why it said nothing.

    Args:
        key: the request's.
        model: the name that the model's provider knows it by.
        prompt: the prompt's id.
        prompt_sha256: the hash of its wording.
        subject: what was written about.
        answer: as the model gave it, "" where it failed.
        error: why it failed, "" where it answered.
        response: what the provider said beside it: the version that answered, why it ended.
        usage: tokens read and written.

    There is no time in it: the same answers give the same file.

    Raises:
        InvalidInputError: no model is named.
    """

    key: str
    model: str
    prompt: str
    prompt_sha256: str
    subject: Subject
    answer: str = ""
    error: str = ""
    response: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what nobody has signed."""
        if not self.model.strip():
            raise InvalidInputError(
                "An answer names no model.",
                expected="the name of the model that wrote it",
                remedy="remove it; nothing is kept that no named model wrote",
            )


_EXPECTED = f"an object with {', '.join(one.name for one in fields(Answer))}"
_TEXTS = ("key", "model", "prompt", "prompt_sha256", "answer", "error")


class AnswerFile:
    """The file, open for more answers; also a context manager.

    Args:
        path: made where it is not there.

    Raises:
        InvalidInputError: it cannot be written, a line is no answer, or another run is writing it.
    """

    def __init__(self, path: Path) -> None:
        import portalocker

        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = path.open("a+b")
        except OSError as error:
            raise _unwritable(path, error) from error
        try:
            flags = portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING
            portalocker.lock(self._file, flags)
            self.answered = {one.key for one in read_answers(path) if not one.error}
            self._file.truncate(_whole(path))
        except portalocker.LockException as error:
            self._file.close()
            raise InvalidInputError(
                f"Another run is writing {path}.",
                expected="one run for each file of answers",
                remedy="wait for it, or choose another --out",
            ) from error
        except BaseException:
            self._file.close()
            raise

    def append(self, answer: Answer) -> None:
        """Keep an answer: it is on its way to the disk when this returns."""
        # A model may answer with half a character, which no file can hold.
        line = json.dumps(asdict(answer), ensure_ascii=False, default=str).encode(
            "utf-8", "replace"
        )
        try:
            self._file.write(line + b"\n")
            self._file.flush()
        except OSError as error:
            raise _unwritable(self._path, error) from error
        if not answer.error:
            self.answered.add(answer.key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        with suppress(OSError):  # the lines are out, or their writing has said why not
            self._file.close()


def read_answers(path: Path) -> Iterator[Answer]:
    """The answers of a file in its order, failures among them.

    Raises:
        InvalidInputError: while reading: the file cannot be read, or a line is no answer, or one
            that names no model.
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.endswith(b"\n"):
                    yield _answer(path, number, line)
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be read: {error}",
            expected="a file of answers",
            remedy="python -m cpt_training.synthesis write SOURCE --model MODULE:NAME --out DIR",
        ) from error


def latest(path: Path) -> list[Answer]:
    """One answer for each request: where one failed first, what was answered later."""
    found: dict[str, Answer] = {}
    for answer in read_answers(path):
        if answer.key not in found or found[answer.key].error:
            found[answer.key] = answer
    return list(found.values())


def _answer(path: Path, number: int, line: bytes) -> Answer:
    try:
        row = json_object(path, number, line.decode("utf-8"), _EXPECTED)
    except UnicodeDecodeError as error:
        raise bad_line(path, number, f"is not UTF-8 ({error})", _EXPECTED) from error
    found = row.get("subject")
    place = found if isinstance(found, dict) else {}
    if not all(isinstance(text, str) for text in (*map(row.get, _TEXTS), *place.values())):
        raise bad_line(path, number, "is no answer of a model", _EXPECTED)
    try:
        return Answer(**{**row, "subject": Subject(**place)})
    except TypeError as error:
        raise bad_line(path, number, f"is no answer of a model ({error})", _EXPECTED) from error
    except InvalidInputError as error:
        raise bad_line(path, number, "names no model", error.expected) from error


def _whole(path: Path) -> int:
    """How many bytes of the file are whole lines."""
    size = 0
    with path.open("rb") as lines:
        for line in lines:
            size += len(line) if line.endswith(b"\n") else 0
    return size


def _unwritable(path: Path, error: OSError) -> InvalidInputError:
    return InvalidInputError(
        f"{path} cannot be written: {error}",
        expected="a file in a folder that has room",
        remedy="make room or choose another place; what was answered before is kept",
    )
