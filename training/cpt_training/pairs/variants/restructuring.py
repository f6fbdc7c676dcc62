"""Rules that put a statement or an expression differently without changing what it does.

Each is sure by the language's own definition: where operators may be redefined only literals
change sides, a loop with ``continue`` keeps its form, and so on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from cpt_training.pairs.code.anatomy import source_of
from cpt_training.pairs.code.blocks import BLOCKS, statements_of
from cpt_training.pairs.variants.dialects import Dialect

if TYPE_CHECKING:
    from tree_sitter import Node

    from cpt_training.pairs.variants.rewriting import Rewriter, Rule

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_MIRRORED |= {"===": "===", "!==": "!=="}
_LITERAL = re.compile(
    r"integer|float|number|true|false|none|null|nil|null_literal|boolean(?:_literal)?"
    r"|(?:number|integer|float|int|rune|char|decimal_\w+|hex_\w+|character)_literal"
    r"|(?:interpreted_|raw_)?string(?:_literal)?|encapsed_string"
)
_NAME = re.compile(r"identifier|variable_name|this|self")
_MEMBER = re.compile(
    r"attribute|member_expression|field_access|selector_expression|field_expression"
    r"|member_access_expression"
)
_SIMPLE = re.compile(rf"{_LITERAL.pattern}|{_NAME.pattern}|call|call_expression|method_invocation")
_NEGATED = frozenset({"unary_expression", "not_operator", "unary_op_expression"})
_DECLARES = re.compile(r"let_c|declaration|let_chain")
_JUMPS = re.compile(r"continue|closure|lambda|func_literal|arrow_function|function|yield|label")
_EMPTY = frozenset({"[]", "{}", "()", "array()"})


def rules(dialect: Dialect) -> tuple[Rule, ...]:
    """The rules of one language, the outermost first."""
    makers: list[Callable[[Dialect], Rule]] = [_exchanged, _inverted, _mirrored]
    makers += [_looped] if dialect.loops else []
    makers += [_compound] if dialect.compound else []
    makers += [_increment] if dialect.increments else []
    return tuple(make(dialect) for make in makers)


def _mirrored(dialect: Dialect) -> Rule:
    """``a < 1`` as ``1 > a``."""

    def rule(node: Node, out: Rewriter) -> bytes | None:
        if node.type != dialect.comparison or node.child_count != 3:
            return None
        left, operator, right = node.children
        mirrored = _MIRRORED.get(source_of(operator))
        literal = _is_literal(left) or _is_literal(right)
        if mirrored is None or not (_is_pure(left) and _is_pure(right)):
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
        negated = _negated(condition, dialect, out)
        if negated is None:
            return None
        return b"".join(
            (
                out.between(node, node.start_byte, condition.start_byte),
                negated,
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
    if _holds(inner, _DECLARES):
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
    alone = _SIMPLE.fullmatch(node.type) or _MEMBER.fullmatch(node.type)
    return dialect.negation.encode() + (text if alone else b"(" + text + b")")


def _looped(dialect: Dialect) -> Rule:
    """``while (a) {b}`` as ``for (; a; ) {b}``, and ``for`` without ``continue`` as ``while``."""

    def rule(node: Node, out: Rewriter) -> bytes | None:
        body = node.child_by_field_name("body")
        condition = node.child_by_field_name("condition")
        if body is None or condition is None or body.type not in BLOCKS:
            return None
        if node.type == "while_statement" and not _holds(condition, _DECLARES):
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
    if start is None or step is None or not statements or _holds(body, _JUMPS):
        return None
    parent = node.parent
    if parent is None or parent.type not in BLOCKS or _outlives(start, node, parent):
        return None
    margin = _margin(out.data, node)
    if margin is None or _margin(out.data, statements[-1]) is None:
        return None
    opening = out.text(start).rstrip(b"; ") + b";\n"
    test = out.text(condition).rstrip(b"; ")
    inner = _margin(out.data, statements[-1]) or b""
    content = out.between(body, body.start_byte, body.end_byte)
    head, brace, tail = content.rpartition(b"}")
    updated = head.rstrip() + b"\n" + inner + out.text(step) + b";\n" + margin + brace + tail
    return opening + margin + b"while (" + test + b") " + updated


def _only(node: Node, *fields: str) -> Node | None:
    """What stands in one of these fields, None where there is nothing or a list."""
    found = [child for field in fields for child in node.children_by_field_name(field)]
    named = [child for child in found if child.is_named]
    return named[0] if len(named) == 1 else None


def _outlives(start: Node, loop: Node, block: Node) -> bool:
    """Whether what a loop declares for itself has a namesake around it."""
    names = {source_of(name) for name in _all(start) if name.type in ("identifier", "name")}
    function = block
    while function.parent is not None and function.parent.type in _AROUND_LOOPS:
        function = function.parent
    others = (name for name in _all(function) if name.type in ("identifier", "name"))
    return "declaration" in start.type and any(
        source_of(name) in names
        for name in others
        if not loop.start_byte <= name.start_byte < loop.end_byte
    )


_AROUND_LOOPS = BLOCKS | frozenset(
    (
        *("if_statement", "else_clause", "for_statement", "while_statement", "do_statement"),
        *("try_statement", "for_in_statement", "enhanced_for_statement"),
        *("switch_statement", "switch_body", "switch_case"),
    )
)


def _compound(dialect: Dialect) -> Rule:
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
        if not _NAME.fullmatch(left.type):
            return None
        name, value = out.text(left), out.text(right)
        inner = right.named_children[0] if right.type == "expression_list" else right
        if not (_is_pure(inner) or _SIMPLE.fullmatch(inner.type)):
            value = b"(" + value + b")"
        return b" ".join((name, b"=", name, sign[0].encode(), value))

    return rule


def _increment(_dialect: Dialect) -> Rule:
    """``i++`` as ``i += 1`` where nobody asks for its value."""

    def rule(node: Node, out: Rewriter) -> bytes | None:
        statement = node.type in ("inc_statement", "dec_statement")
        expression = node.type == "update_expression" and node.parent is not None
        if not statement and not (expression and _is_statement(node)):
            return None
        operand = next((child for child in node.children if child.is_named), None)
        if operand is None or not _NAME.fullmatch(operand.type):
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


def _exchanged(dialect: Dialect) -> Rule:
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
    if not _NAME.fullmatch(name.type):
        return ""
    constant = _is_literal(value) or "".join(source_of(value).split()) in _EMPTY
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


def _is_literal(node: Node) -> bool:
    return _LITERAL.fullmatch(node.type) is not None and not _holds(node, re.compile("interpol"))


def _is_pure(node: Node) -> bool:
    """A literal, a name, or a member of one: nothing happens when it is read."""
    if _MEMBER.fullmatch(node.type) and node.named_children:
        return _is_pure(node.named_children[0])
    return _is_literal(node) or _NAME.fullmatch(node.type) is not None


def _holds(node: Node, types: re.Pattern[str]) -> bool:
    return any(types.search(inner.type) for inner in _all(node) if inner.is_named)


def _all(node: Node) -> list[Node]:
    found, pending = [], [node]
    while pending:
        inner = pending.pop()
        found.append(inner)
        pending.extend(inner.children)
    return found


def _margin(data: bytes, node: Node) -> bytes | None:
    """What a node's line is indented by, None where something stands before it."""
    start = data.rfind(b"\n", 0, node.start_byte) + 1
    before = data[start : node.start_byte]
    return None if before.strip() else before
