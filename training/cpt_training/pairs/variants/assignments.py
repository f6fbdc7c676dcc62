"""Assignments in another form, or in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cpt_training.pairs.code.anatomy import source_of
from cpt_training.pairs.code.blocks import BLOCKS, statements_of
from cpt_training.pairs.variants.dialects import Dialect
from cpt_training.pairs.variants.shapes import (
    NAME,
    SIMPLE,
    is_literal,
    is_pure,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from cpt_training.pairs.variants.rewriting import Rewriter, Rule

_EMPTY = frozenset({"[]", "{}", "()", "array()"})


def compound(dialect: Dialect) -> Rule:
    """``a += b`` as ``a = a + (b)``."""

    def rule(node: Node, out: Rewriter) -> bytes | None:
        if node.type != dialect.compound or node.child_count != 3:
            return None
        left, operator, right = node.children
        sign = source_of(operator)
        if left.type == "expression_list" and left.named_child_count == 1:
            left = left.named_children[0]
        if not sign.endswith("=") or len(sign) != 2 or sign[0] not in "+-*/|&^":
            return None
        if not NAME.fullmatch(left.type):
            return None
        name, value = out.text(left), out.text(right)
        inner = right.named_children[0] if right.type == "expression_list" else right
        if not (is_pure(inner) or SIMPLE.fullmatch(inner.type)):
            value = b"(" + value + b")"
        return b" ".join((name, b"=", name, sign[0].encode(), value))

    return rule


def increment(_dialect: Dialect) -> Rule:
    """``i++`` as ``i += 1`` where nobody asks for its value."""

    def rule(node: Node, out: Rewriter) -> bytes | None:
        statement = node.type in ("inc_statement", "dec_statement")
        expression = node.type == "update_expression" and node.parent is not None
        if not statement and not (expression and _is_statement(node)):
            return None
        operand = next((child for child in node.children if child.is_named), None)
        if operand is None or not NAME.fullmatch(operand.type):
            return None
        sign = b"+=" if "++" in source_of(node) else b"-="
        return b" ".join((out.text(operand), sign, b"1"))

    return rule


def _is_statement(node: Node) -> bool:
    parent = node.parent
    if parent is None:
        return False
    return parent.type == "expression_statement" or (
        parent.type == "for_statement" and parent.child_by_field_name("update") == node
    )


def exchanged(dialect: Dialect) -> Rule:
    """Two neighbouring statements that each give another name a literal, in the other order."""

    def rule(node: Node, out: Rewriter) -> bytes | None:
        if node.type not in dialect.assignments or not _constant(node):
            return None
        other = _partner(node, dialect)
        # Without the exchange itself, the other would be exchanged back.
        return out.as_it_is(other) if other is not None else None

    return rule


def _partner(node: Node, dialect: Dialect) -> Node | None:
    parent = node.parent
    if parent is None or parent.type not in BLOCKS | {"statement_list"}:
        return None
    waiting: Node | None = None
    for statement in statements_of(parent):
        name = _constant(statement) if statement.type in dialect.assignments else ""
        if waiting is not None and name and name != _constant(waiting):
            if node in (waiting, statement):
                return statement if node == waiting else waiting
            waiting = None
        else:
            waiting = statement if name else None
    return None


def _constant(statement: Node) -> str:
    """The name that a statement gives a literal and does nothing else, or ""."""
    inner = statement
    while inner.named_child_count == 1:
        inner = inner.named_children[0]
    declarator = next((child for child in inner.named_children if "declarator" in child.type), None)
    several = sum("declarator" in child.type for child in inner.named_children) > 1
    inner = declarator if declarator is not None else inner
    name = _first(inner, "left", "name", "pattern", "declarator")
    value = _first(inner, "right", "value")
    if name is None or value is None or several or inner.child_by_field_name("operator"):
        return ""
    if not NAME.fullmatch(name.type):
        return ""
    constant = is_literal(value) or "".join(source_of(value).split()) in _EMPTY
    return source_of(name) if constant and "\n" not in source_of(statement) else ""


def _first(node: Node, *fields: str) -> Node | None:
    """What stands in the first of these fields that there is, alone if it is a list."""
    for field in fields:
        found = node.child_by_field_name(field)
        if found is not None:
            if found.type == "expression_list" and found.named_child_count == 1:
                return found.named_children[0]
            return found
    return None
