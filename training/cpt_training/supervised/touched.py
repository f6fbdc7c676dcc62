"""The functions of a file that a change touched."""

from __future__ import annotations

from cpt_training.pairs.code.anatomy import body_of, docstring_node, holder
from cpt_training.pairs.code.definitions import Definition, definitions
from cpt_training.pairs.code.enclosing import window
from cpt_training.pairs.code.worth import MINIMUM_LINES, implements, telling_lines
from cpt_training.pairs.pair import SourceFile

Lines = tuple[tuple[int, int], ...]
"""First line, counted from 1, and number of lines that were written; 0 where lines were removed
below that line."""


def touched_functions(file: SourceFile, lines: Lines) -> list[str]:
    """The code of functions and methods any of whose own lines changed, cut to what is around it.

    Comments and docstrings are no code; neither are declarations, tests and trivial functions.
    """
    text = file.text.split("\n")
    found: list[str] = []
    for definition in definitions(file):
        if not implements(definition) or telling_lines(definition.code) < MINIMUM_LINES:
            continue
        row = _touched_row(definition, lines, text)
        if row is not None:
            found.append(_around(definition, row))
    return found


def _touched_row(definition: Definition, lines: Lines, text: list[str]) -> int | None:
    """The first changed row of a function, counted from 0, that holds code."""
    node = definition.node
    first, last = node.start_point.row, node.end_point.row
    docstring = (
        docstring_node(body_of(holder(node))) if node.type == "function_definition" else None
    )
    for at, count in lines:
        if not count and first < at <= last:
            return at - 1
        for row in range(max(first, at - 1), min(last, at + count - 2) + 1):
            inside = docstring and docstring.start_point.row <= row <= docstring.end_point.row
            if not inside and telling_lines(text[row]):
                return row
    return None


def _around(definition: Definition, row: int) -> str:
    # A docstring is cut out of the code, so that lines are counted from its end.
    lines = definition.code.split("\n")
    place = min(max(0, len(lines) - 1 - (definition.node.end_point.row - row)), len(lines) - 1)
    return window(definition.code, sum(len(line) + 1 for line in lines[:place]))
