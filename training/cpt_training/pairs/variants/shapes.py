"""What kind of expression a node is, and what is in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

LITERAL = re.compile(
    r"integer|float|number|true|false|none|null|nil|null_literal|boolean(?:_literal)?"
    r"|(?:number|integer|float|int|rune|char|decimal_\w+|hex_\w+|character)_literal"
    r"|(?:interpreted_|raw_)?string(?:_literal)?|encapsed_string"
)
NAME = re.compile(r"identifier|variable_name|this|self")
MEMBER = re.compile(
    r"attribute|member_expression|field_access|selector_expression|field_expression"
    r"|member_access_expression"
)
SIMPLE = re.compile(rf"{LITERAL.pattern}|{NAME.pattern}|call|call_expression|method_invocation")
# In a text: ``f"{x}"``, ``"$x"``.
_VALUE_INSIDE = re.compile(r"interpol|variable_name|expression")
# Each level of a tree takes up to five calls of the thousand that Python allows.
_DEEPEST = 120
DECLARES = re.compile(r"let_c|declaration|let_chain")


def all_of(node: Node) -> list[Node]:
    """A node and all that is in it."""
    found, pending = [], [node]
    while pending:
        inner = pending.pop()
        found.append(inner)
        pending.extend(inner.children)
    return found


def is_deep(node: Node) -> bool:
    """Whether more is nested in a node than a recursive function may walk."""
    level = [node]
    for _ in range(_DEEPEST):
        level = [child for inner in level for child in inner.children]
    return bool(level)


def holds(node: Node, types: re.Pattern[str]) -> bool:
    """Whether a node is of such a type, or one in it."""
    return any(types.search(inner.type) for inner in all_of(node) if inner.is_named)


def is_literal(node: Node) -> bool:
    """Whether it is a number, a text or a constant that the language has a word for."""
    return LITERAL.fullmatch(node.type) is not None and not holds(node, _VALUE_INSIDE)


def is_pure(node: Node) -> bool:
    """A literal, a name, or a member of one: nothing happens when it is read."""
    if MEMBER.fullmatch(node.type) and node.named_children:
        return is_pure(node.named_children[0])
    return is_literal(node) or NAME.fullmatch(node.type) is not None


def margin_of(data: bytes, node: Node) -> bytes | None:
    """What a node's line is indented by, None where something stands before it."""
    start = data.rfind(b"\n", 0, node.start_byte) + 1
    before = data[start : node.start_byte]
    return None if before.strip() else before
