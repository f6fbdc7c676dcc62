"""Stretches of source as texts of their own: outdented, a docstring cut out."""

from __future__ import annotations

import re
import textwrap

from cpt_rag.chunking.spans import line_beginning

Hole = tuple[int, int]
NOWHERE: Hole = (0, 0)

_INDENT = re.compile(rb"[ \t\f\v]*")
# What may follow a docstring on its line, and the blank lines after it.
_AFTER_DOCSTRING = re.compile(rb"[ \t;]*(?:#[^\r\n]*)?((?:\r?\n|\r)(?:[ \t]*(?:\r?\n|\r))*)?")
# What opens a body and is no statement of it.
_BODY_OPENING = re.compile(r"\A(?:(?:struct|enum|union|opaque)\b[^{]*(?=\{)|=>?\s*|do:\s*)")
_BRACKETS = (("{", "}"), ("do", "end"))


def outdented(data: bytes, start: int, end: int, hole: Hole = NOWHERE) -> str:
    """The source from byte ``start`` to ``end``, less what lies in the hole.

    Every line loses the indentation of the first, and white space at its end.
    """
    start, is_line = line_beginning(data, start)
    first, last = hole
    if start <= first < last <= end:
        first, last = _whole_lines(data, first, last, end)
        raw = data[start:first] + data[last:end]
    else:
        raw = data[start:end]
    lines = raw.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    line_start = start if is_line else _line_start(data, start)
    indent = _INDENT.match(data, line_start)
    margin = indent[0].decode() if indent else ""
    return "\n".join(line.removeprefix(margin).rstrip() for line in lines).strip("\n")


def statements(body: str) -> str:
    """A body without the brackets or words around it, outdented."""
    text = _BODY_OPENING.sub("", body.strip(), count=1)
    for opening, closing in _BRACKETS:
        if text.startswith(opening) and text.endswith(closing):
            text = text[len(opening) : len(text) - len(closing)]
    return textwrap.dedent(text).strip("\n").rstrip()


def _whole_lines(data: bytes, first: int, last: int, end: int) -> Hole:
    """A hole with what its removal would leave empty."""
    begins, is_line = line_beginning(data, first)
    rest = _AFTER_DOCSTRING.match(data, last, end)
    assert rest is not None
    if is_line and rest[1] is not None:
        return begins, rest.end()
    return first, rest.end() if rest[1] is None else rest.start(1)


def _line_start(data: bytes, at: int) -> int:
    return max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1
