"""Which function a place in a file is in, and as much of its code as tells what happens there."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import count

from cpt_training.pairs.code.definitions import Definition, definitions
from cpt_training.pairs.pair import SourceFile

WINDOW_CHARACTERS = 1500
_FUNCTIONS = ("function", "method")
_DECORATED = "decorated_definition"
_GAP = "    ..."


def function_around(file: SourceFile, byte: int) -> Definition | None:
    """The function or method that holds a byte of the file, its decorators included."""
    starts, spans = _functions(file)
    at = bisect_right(starts, byte) - 1
    # What starts last need not be what holds the byte: a function may lie inside another.
    for end, definition in reversed(spans[max(0, at - 2) : at + 1]):
        if byte < end:
            return definition
    return None


@lru_cache(maxsize=1)
def _functions(file: SourceFile) -> tuple[list[int], list[tuple[int, Definition]]]:
    """Where the file's functions start, and with each where it ends."""
    starts, spans = [], []
    for definition in definitions(file):
        if definition.kind not in _FUNCTIONS:
            continue
        node = definition.node
        if node.parent is not None and node.parent.type == _DECORATED:
            node = node.parent
        starts.append(node.start_byte)
        spans.append((node.end_byte, definition))
    return starts, spans


def window(code: str, position: int, length: int = WINDOW_CHARACTERS) -> str:
    """The lines of a function around a position, at most ``length`` characters.

    The first line is kept. What leads to a place tells more of it than what follows: two lines
    are taken before it for one after it. Lines of three dots stand for what is left out.
    """
    if len(code) <= length:
        return code
    lines = code.split("\n")
    first = code.count("\n", 0, position)
    last = first + 1
    room = length - len(lines[0]) - len(lines[first]) - 2 * len(_GAP)
    for step in count():
        upward = first > 1 and (step % 3 < 2 or last == len(lines))
        if not upward and last == len(lines):
            break
        room -= len(lines[first - 1 if upward else last]) + 1
        if room < 0:
            break
        first, last = (first - 1, last) if upward else (first, last + 1)
    header = lines[:1] if first else []
    above = [_GAP] if first > 1 else []
    below = [_GAP] if last < len(lines) else []
    return "\n".join([*header, *above, *lines[first:last], *below])[:length]
