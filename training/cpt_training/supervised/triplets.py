"""The file of triplets that supervised training reads.

JSON Lines in UTF-8, gzip if the name ends with ``.gz``; each line is one object::

    {"anchor": "a text", "positive": "what belongs to it", "negatives": ["what does not", ...]}

``negatives`` may be empty. A line may also have ``"grades": [0.4, ...]``, how much of the anchor
each negative answers nevertheless (0 nothing, 1 as much as the positive), and ``"language"``, that
of its code. Other keys are refused.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cpt_rag.errors import InvalidInputError
from cpt_training.replace import replacing
from cpt_training.supervised.lines import bad_line, json_object, text_lines

_FIELDS = {"anchor", "positive", "negatives"}
_OPTIONAL = {"grades", "language"}
_EXPECTED = (
    '{"anchor": "text", "positive": "text", "negatives": ["text", ...]}, perhaps with '
    '"grades": [0.5, ...] and "language": "name"'
)


@dataclass(frozen=True, slots=True)
class Triplet:
    """A text, one that belongs to it, and hard negatives: alike, but not belonging to it.

    Args:
        anchor: the text.
        positive: what belongs to it.
        negatives: what does not.
        grades: how alike the anchor each negative is, in [0, 1]; None where nobody has said.
        language: of the code on either side; "" where nobody has said.

    Raises:
        InvalidInputError: a text is blank, the positive is among the negatives, or the grades are
            not one for each negative, in [0, 1].
    """

    anchor: str
    positive: str
    negatives: tuple[str, ...]
    grades: tuple[float, ...] | None = None
    language: str = ""

    def __post_init__(self) -> None:
        """Refuse what no loss can learn from."""
        if not all(text.strip() for text in (self.anchor, self.positive, *self.negatives)):
            raise InvalidInputError("A triplet has a blank text.", expected="texts with words")
        if self.positive in self.negatives:
            raise InvalidInputError(
                "A triplet has its positive among its negatives.", expected="other negatives"
            )
        if self.grades is None:
            return
        if len(self.grades) != len(self.negatives):
            raise InvalidInputError(
                f"A triplet has {len(self.grades)} grades for {len(self.negatives)} negatives.",
                expected="one grade for each negative",
            )
        if not all(0 <= grade <= 1 for grade in self.grades):  # NaN is not either
            raise InvalidInputError(
                f"A triplet has the grades {self.grades}.", expected="grades in [0, 1]"
            )


def read_triplets(path: Path) -> Iterator[Triplet]:
    """The triplets of a file in its order, one at a time.

    Raises:
        InvalidInputError: while reading: the file cannot be read, or a line is no triplet.
    """
    for number, line in text_lines(path):
        yield _triplet(path, number, line)


def write_triplets(path: Path, triplets: Iterable[Triplet]) -> int:
    """Write a file of triplets and return how many.

    The file is written beside and moved to its place when it is whole; if ``triplets`` raises, what
    lay there before stays. The same triplets give the same bytes, compressed or not.

    Raises:
        InvalidInputError: the file cannot be written.
    """
    count = 0
    with replacing(path) as part, part.open("wb") as plain, _packed(path, plain) as file:
        for triplet in triplets:
            file.write(_line(triplet))
            count += 1
    return count


def _packed(path: Path, plain: IO[bytes]) -> AbstractContextManager[IO[bytes] | gzip.GzipFile]:
    if path.suffix == ".gz":
        # Neither name nor time goes into the file.
        return gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=plain, mtime=0)
    return nullcontext(plain)


def _line(triplet: Triplet) -> bytes:
    row: dict[str, Any] = {
        "anchor": triplet.anchor,
        "positive": triplet.positive,
        "negatives": triplet.negatives,
    }
    if triplet.grades is not None:
        row["grades"] = triplet.grades
    if triplet.language:
        row["language"] = triplet.language
    return f"{json.dumps(row, ensure_ascii=False)}\n".encode()


def _triplet(path: Path, number: int, line: str) -> Triplet:
    row = json_object(path, number, line, _EXPECTED)
    if not _FIELDS <= row.keys() <= _FIELDS | _OPTIONAL:
        lacks, unknown = sorted(_FIELDS - row.keys()), sorted(row.keys() - _FIELDS - _OPTIONAL)
        found = f"lacks the keys {lacks} and has the unknown {unknown}"
        raise bad_line(path, number, found, _EXPECTED)
    anchor, positive, negatives = row["anchor"], row["positive"], row["negatives"]
    for name in ("anchor", "positive"):
        if not isinstance(row[name], str):
            raise bad_line(path, number, f"has no text as {name!r}: {row[name]!r}", _EXPECTED)
    if not isinstance(negatives, list) or not all(isinstance(one, str) for one in negatives):
        raise bad_line(path, number, f"has no texts as 'negatives': {negatives!r}", _EXPECTED)
    grades, language = row.get("grades"), row.get("language", "")
    if "grades" in row and not _numbers(grades):
        raise bad_line(path, number, f"has no numbers as 'grades': {grades!r}", _EXPECTED)
    if not isinstance(language, str):
        raise bad_line(path, number, f"has no text as 'language': {language!r}", _EXPECTED)
    try:
        graded = None if grades is None else tuple(map(float, grades))
        return Triplet(anchor, positive, tuple(negatives), graded, language)
    except InvalidInputError as error:
        found = error.found.removeprefix("A triplet ").rstrip(".")
        raise bad_line(path, number, found, error.expected) from error


def _numbers(value: Any) -> bool:
    return isinstance(value, list) and all(type(one) in (int, float) for one in value)
