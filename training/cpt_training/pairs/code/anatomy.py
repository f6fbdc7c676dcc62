"""The parts of a definition's node: what holds its body, its header, its docstring."""

from __future__ import annotations

import ast
import inspect
import re
import warnings
from typing import TYPE_CHECKING

from cpt_rag.chunking.languages import BODIES, COMMENTS

if TYPE_CHECKING:
    from tree_sitter import Node


def _set(types: str) -> frozenset[str]:
    return frozenset(types.split())


# Nodes between a definition and what it defines: ``const f = () => 1``, ``typedef struct {} t``.
_CARRIERS = _set(
    "variable_declarator arrow_function function_expression generator_function class "
    "assignment_statement expression_list function_definition lambda_expression init_declarator "
    "type_spec type_alias struct_type interface_type struct_specifier union_specifier "
    "class_specifier enum_specifier call"
)
_BODY_FIELDS = {"preproc_function_def": "value", "property_declaration": "computed_value"}
_OTHER_BODIES = frozenset({"arrow_expression_clause", "accessor_list"})
_ORNAMENTS = _set(
    "attribute_list attributes attribute decorator annotation marker_annotation attribute_item "
    "attribute_declaration"
)
# Their members stand among the tokens of the header; the bracket stands for the body.
_BRACED = frozenset({"interface_type", "macro_definition"})
_DEEPEST_CARRIER = 5
_TAIL = re.compile(r"(?:\s*(?:\{|=>|=|\bdo|\bwhere))?\s*\Z")
_RUBY_END = re.compile(r"(?:;|\s)\s*end\Z")


def holder(node: Node, depth: int = 0) -> Node:
    """The node that has the body: of ``const f = () => {}`` the arrow function."""
    if body_of(node) is not None or depth == _DEEPEST_CARRIER:
        return node
    for child in reversed(node.named_children):
        if child.type in _CARRIERS:
            found = holder(child, depth + 1)
            if body_of(found) is not None:
                return found
    return node


def body_of(node: Node) -> Node | None:
    """The node of a definition's body, None where it is declared only."""
    body = node.child_by_field_name("body")
    if body is not None:
        return body
    if node.type in _BODY_FIELDS:
        return node.child_by_field_name(_BODY_FIELDS[node.type])
    if node.type in _BRACED:
        return next((child for child in node.children if child.type in "{(["), None)
    for child in reversed(node.named_children):
        if child.type in BODIES or child.type in _OTHER_BODIES or child.type.endswith("_body"):
            return child
    return _haskell_body(node) or _elixir_body(node)


def _haskell_body(node: Node) -> Node | None:
    if node.type not in ("function", "bind"):
        return None
    return next((child for child in node.children if child.type in ("match", "=")), None)


def _elixir_body(node: Node) -> Node | None:
    """The value of ``def f(x), do: value``."""
    if node.type != "call":
        return None
    arguments = next((child for child in node.named_children if child.type == "arguments"), None)
    last = arguments.named_children[-1:] if arguments else []
    return last[0] if last and last[0].type == "keywords" else None


def header_end(node: Node, held: Node, body: Node | None) -> int:
    """The byte where a definition's header ends: at its body or the first comment after it."""
    end = body.start_byte if body else node.end_byte
    for child in held.children:
        if child.start_byte >= end:
            break
        if child.type in COMMENTS or child.type == "field_initializer_list":
            return child.start_byte
    return end


def header_start(node: Node) -> int:
    """The byte where a definition's header begins, decorators and annotations left out."""
    start = node.start_byte
    for child in node.children:
        inner = child.children if child.type == "modifiers" else [child]
        for part in inner:
            if part.type in _ORNAMENTS:
                continue
            return part.start_byte
    return start


def without_tail(header: str) -> str:
    """A header without the brace, arrow or word that opens the body."""
    header = _RUBY_END.sub("", header.rstrip(" \t\r\n;,"))
    return _TAIL.sub("", header).rstrip(" \t\r\n;,")


def docstring_node(body: Node | None) -> Node | None:
    """The string that opens a Python body, or a module, and stands alone."""
    if body is None:
        return None
    first = next((child for child in body.named_children if child.type not in COMMENTS), None)
    if first is None or first.type != "expression_statement" or first.named_child_count != 1:
        return None
    value = first.named_children[0]
    return first if value.type in ("string", "concatenated_string") else None


def docstring_text(node: Node | None) -> str:
    """What a Python docstring says, outdented; empty where it is no plain string."""
    if node is None or node.text is None:
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(node.text.decode("utf-8", "replace"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return inspect.cleandoc(value).strip() if isinstance(value, str) else ""


def attribute_name(node: Node) -> str:
    """The name of an Elixir module attribute: ``doc`` of ``@doc "text"``."""
    call = node.child_by_field_name("operand")
    return source_of(call.child_by_field_name("target")) if call else ""


def attribute_text(node: Node) -> str:
    """The text of an Elixir module attribute, outdented; empty where its value is no text."""
    call = node.child_by_field_name("operand")
    arguments = call.named_children[-1] if call and call.named_children else None
    value = arguments.named_children[0] if arguments and arguments.named_children else None
    if value is None or value.type not in ("string", "sigil"):
        return ""
    parts = (
        source_of(child)
        for child in value.named_children
        if child.type in ("quoted_content", "escape_sequence")
    )
    return inspect.cleandoc("".join(parts)).strip()


def source_of(node: Node | None) -> str:
    """A node's own text, empty for None."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")
