"""Loops in another form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cpt_training.pairs.code.anatomy import source_of
from cpt_training.pairs.code.blocks import BLOCKS, statements_of
from cpt_training.pairs.variants.dialects import Dialect
from cpt_training.pairs.variants.shapes import (
    DECLARES,
    all_of,
    holds,
    margin_of,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from cpt_training.pairs.variants.rewriting import Rewriter, Rule

_JUMPS = re.compile(
    r"continue|closure|lambda|func_literal|arrow_function|function(?!_call)|yield|label"
)
_NONE = frozenset({"empty_statement", "sequence_expression"})
# What follows such a statement is an error in Java.
_LEAVES = re.compile(r"return|break|throw")


def looped(dialect: Dialect) -> Rule:
    """``while (a) {b}`` as ``for (; a; ) {b}``, and ``for`` without ``continue`` as ``while``."""

    def rule(node: Node, out: Rewriter) -> bytes | None:
        body = node.child_by_field_name("body")
        condition = _only(node, "condition")
        if body is None or condition is None or body.type not in BLOCKS:
            return None
        if node.type == "while_statement" and not holds(condition, DECLARES):
            text = out.text(condition).strip()
            inner = text[1:-1] if text.startswith(b"(") and text.endswith(b")") else text
            between = out.between(node, condition.end_byte, node.end_byte)
            return b"for (; " + inner + b"; )" + between
        if node.type == "for_statement":
            return _as_while(node, condition, body, out)
        return None

    return rule


def _as_while(node: Node, condition: Node, body: Node, out: Rewriter) -> bytes | None:
    start = _only(node, "initializer", "init", "initialize")
    step = _only(node, "update", "increment")
    statements = statements_of(body)
    if start is None or step is None or not statements or holds(body, _JUMPS):
        return None
    if _LEAVES.match(statements[-1].type):
        return None
    parent = node.parent
    if parent is None or parent.type not in BLOCKS or _outlives(start, node, parent):
        return None
    margin = margin_of(out.data, node)
    if margin is None or margin_of(out.data, statements[-1]) is None:
        return None
    opening = out.text(start).rstrip(b"; ") + b";\n"
    test = out.text(condition).rstrip(b"; ")
    inner = margin_of(out.data, statements[-1]) or b""
    content = out.between(body, body.start_byte, body.end_byte)
    head, brace, tail = content.rpartition(b"}")
    updated = head.rstrip() + b"\n" + inner + out.text(step) + b";\n" + margin + brace + tail
    return opening + margin + b"while (" + test + b") " + updated


def _only(node: Node, *fields: str) -> Node | None:
    """What stands in one of these fields, None where there is nothing or a list."""
    found = [child for field in fields for child in node.children_by_field_name(field)]
    named = [child for child in found if child.is_named and child.type not in _NONE]
    return named[0] if len(named) == 1 else None


def _outlives(start: Node, loop: Node, block: Node) -> bool:
    """Whether what a loop declares for itself has a namesake around it, or is a parameter."""
    names = {source_of(name) for name in all_of(start) if name.type == "identifier"}
    others = (name for name in all_of(block.parent or block) if name.type == "identifier")
    return "declaration" in start.type and any(
        source_of(name) in names
        for name in others
        if not loop.start_byte <= name.start_byte < loop.end_byte
    )
