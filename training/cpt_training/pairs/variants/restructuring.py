"""Rules that put a statement or an expression differently without changing what it does.

Each is sure by the language's own definition: where operators may be redefined only literals
change sides, a loop with ``continue`` keeps its form, and so on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cpt_training.pairs.code.anatomy import source_of
from cpt_training.pairs.code.blocks import BLOCKS
from cpt_training.pairs.variants.assignments import compound, exchanged, increment
from cpt_training.pairs.variants.dialects import Dialect
from cpt_training.pairs.variants.loops import looped
from cpt_training.pairs.variants.shapes import (
    DECLARES,
    MEMBER,
    SIMPLE,
    holds,
    is_literal,
    is_pure,
    margin_of,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from cpt_training.pairs.variants.rewriting import Rewriter, Rule

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_MIRRORED |= {"===": "===", "!==": "!=="}
_NEGATED = frozenset({"unary_expression", "not_operator", "unary_op_expression"})


def rules(dialect: Dialect) -> tuple[Rule, ...]:
    """The rules of one language, the outermost first."""
    makers: list[Callable[[Dialect], Rule]] = [exchanged, _inverted, _mirrored]
    makers += [looped] if dialect.loops else []
    makers += [compound] if dialect.compound else []
    makers += [increment] if dialect.increments else []
    return tuple(make(dialect) for make in makers)


def _mirrored(dialect: Dialect) -> Rule:
    """``a < 1`` as ``1 > a``."""

    def rule(node: Node, out: Rewriter) -> bytes | None:
        if node.type != dialect.comparison or node.child_count != 3:
            return None
        left, operator, right = node.children
        mirrored = _MIRRORED.get(source_of(operator))
        literal = is_literal(left) or is_literal(right)
        if mirrored is None or not (is_pure(left) and is_pure(right)):
            return None
        if dialect.overloads and not literal:
            return None
        return b" ".join((out.text(right), mirrored.encode(), out.text(left)))

    return rule


def _inverted(dialect: Dialect) -> Rule:
    """``if a {b} else {c}`` as ``if !a {c} else {b}``."""

    def rule(node: Node, out: Rewriter) -> bytes | None:
        if node.type != dialect.branch:
            return None
        condition = node.child_by_field_name("condition")
        first = node.child_by_field_name("consequence") or node.child_by_field_name("body")
        others = node.children_by_field_name("alternative")
        if condition is None or first is None or len(others) != 1:
            return None
        second = _block_in(others[0])
        if second is None or first.type not in BLOCKS:
            return None
        # In Python a block on the line of its ``if`` cannot stand on lines of its own, nor the
        # other way round, nor can one be indented as another one is.
        if margin_of(out.data, first) != margin_of(out.data, second):
            return None
        negated = _negated(condition, dialect, out)
        if negated is None:
            return None
        return b"".join(
            (
                out.between(node, node.start_byte, condition.start_byte),
                out.apart(condition, negated),
                out.between(node, condition.end_byte, first.start_byte),
                out.text(second),
                out.between(node, first.end_byte, others[0].start_byte),
                out.data[others[0].start_byte : second.start_byte],
                out.text(first),
                out.between(node, others[0].end_byte, node.end_byte),
            )
        )

    return rule


def _block_in(alternative: Node) -> Node | None:
    """The block of an ``else`` without a further condition or comment."""
    if alternative.type in BLOCKS:
        return alternative
    inner = alternative.named_children
    alone = alternative.type == "else_clause" and len(inner) == 1
    return inner[0] if alone and inner[0].type in BLOCKS else None


def _negated(condition: Node, dialect: Dialect, out: Rewriter) -> bytes | None:
    inner, brackets = condition, False
    if condition.type in ("parenthesized_expression", "condition_clause"):
        if condition.named_child_count != 1:
            return None
        inner, brackets = condition.named_children[0], True
    if holds(inner, DECLARES):
        return None
    text = _opposite(inner, dialect, out)
    return b"(" + text + b")" if brackets else text


def _opposite(node: Node, dialect: Dialect, out: Rewriter) -> bytes:
    last = node.children[-1] if node.child_count else None
    first = source_of(node.children[0]) if node.child_count else ""
    if node.type in _NEGATED and first == dialect.negation.strip() and last is not None:
        return out.text(last)
    if node.type == dialect.comparison and node.child_count == 3:
        opposite = dialect.equality.get(" ".join(source_of(node.children[1]).split()))
        if opposite:
            left, _, right = node.children
            return b" ".join((out.text(left), opposite.encode(), out.text(right)))
    text = out.text(node)
    alone = SIMPLE.fullmatch(node.type) or MEMBER.fullmatch(node.type)
    return dialect.negation.encode() + (text if alone else b"(" + text + b")")
