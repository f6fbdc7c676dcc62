"""What remains of a marked-up source for the encoder: the visible stretches, decoded."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visible:
    """A stretch of the raw text that is read, decoded by ``decode`` and preceded by ``before``."""

    start: int
    end: int
    decode: Callable[[str], str]
    before: str = ""


class Reading:
    """A function from spans of the raw text to what is read in them."""

    def __init__(self, text: str, visible: Sequence[Visible]) -> None:
        self._text = text
        self._visible = visible
        self._starts = [one.start for one in visible]
        self._ends = [one.end for one in visible]

    def __call__(self, start: int, end: int) -> str:
        """The decoded text of ``[start, end)``."""
        first = bisect_right(self._ends, start)
        last = bisect_left(self._starts, end)
        parts: list[str] = []
        for one in self._visible[first:last]:
            if parts and one.before and not parts[-1].endswith(one.before):
                parts.append(one.before)
            parts.append(one.decode(self._text[max(start, one.start) : min(end, one.end)]))
        return "".join(parts)
