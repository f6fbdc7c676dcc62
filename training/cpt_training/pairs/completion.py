"""The beginning of a function, up to a boundary between two of its statements, and the rest."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from cpt_training.pairs.code.blocks import block_of, statements_of
from cpt_training.pairs.code.definitions import Definition, definitions
from cpt_training.pairs.code.worth import implements, telling_lines
from cpt_training.pairs.pair import Pair, SourceFile
from cpt_training.pairs.prose import cut_lines

if TYPE_CHECKING:
    from tree_sitter import Node

KIND = "completion"
MINIMUM_LINES = 3
MINIMUM_CHARACTERS = 100
QUERY_CHARACTERS = 1500


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield functions in two parts, each of some length, split as near to the middle as can be."""
    if file.test:
        return
    for definition in definitions(file):
        if not implements(definition):
            continue
        halves = sorted(_halves(definition), key=lambda half: abs(len(half[0]) - len(half[1])))
        if halves:
            head, rest = halves[0]
            yield Pair(KIND, file.language, head, cut_lines(rest))


def _halves(definition: Definition) -> Iterator[tuple[str, str]]:
    """Every way to split a function between two statements of its own block."""
    block = block_of(definition.node)
    statements = statements_of(block) if block else []
    if len(statements) < 2 or definition.node.has_error:
        return
    lines = definition.code.split("\n")
    # A docstring is cut out of the code, and it stands above every boundary.
    first_row = definition.node.end_point.row - len(lines) + 1
    after = statements[-1].end_point.row - first_row + 1
    for above, below in pairwise(statements):
        row = _first_row(below) - first_row
        if above.end_point.row - first_row >= row or not 0 < row < after:
            continue
        head, rest = "\n".join(lines[:row]).rstrip(), _outdented(lines[row:after])
        if len(head) <= QUERY_CHARACTERS and _worthy(head) and _worthy(rest):
            yield head, rest


def _first_row(statement: Node) -> int:
    """Where a statement begins, with the comments directly above it."""
    row = statement.start_point.row
    above = statement.prev_named_sibling
    while above is not None and "comment" in above.type and _ends_before(above, row):
        row = above.start_point.row
        above = above.prev_named_sibling
    return row


def _ends_before(comment: Node, row: int) -> bool:
    beside = comment.prev_sibling
    own_line = beside is None or beside.end_point.row < comment.start_point.row
    # Some grammars count the end of the line to the comment.
    return own_line and row - 1 <= comment.end_point.row <= row


def _outdented(lines: list[str]) -> str:
    return textwrap.dedent("\n".join(lines)).strip("\n")


def _worthy(code: str) -> bool:
    return len(code) >= MINIMUM_CHARACTERS and telling_lines(code) >= MINIMUM_LINES
