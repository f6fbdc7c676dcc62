"""What a function takes: the names of its parameters, in any language that has them in one list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cpt_rag.chunking.languages import COMMENTS
from cpt_training.pairs.code.anatomy import holder, source_of

if TYPE_CHECKING:
    from tree_sitter import Node

_OWN = frozenset({"self", "cls", "this", "&self", "&mut self", "mut self"})
_NONE = COMMENTS | {"keyword_separator", "positional_separator", "self_parameter"}
_NAMED_BY = ("name", "pattern", "declarator", "left")
_NAMES = frozenset({"identifier", "variable_name"})
_DECLARED = frozenset({"variable_declarator", "pointer_declarator", "function_declarator"})
_DEEPEST_DECLARATOR = 6


def parameters(node: Node) -> list[Node] | None:
    """The parameters of a definition in order, None where it has no such list.

    The object that a method belongs to is none of them, nor is C's ``void``.
    """
    held = holder(node)
    alone = held.child_by_field_name("parameter")
    if alone is not None:
        return [alone]
    found = _list(held)
    if found is None:
        return None
    return [
        child
        for child in found.named_children
        if child.type not in _NONE and source_of(child) not in _OWN and not _is_void(child)
    ]


def parameter_names(node: Node) -> tuple[str, ...] | None:
    """Their names, "" for one that has only a type or a pattern; None where there is no list."""
    found = parameters(node)
    if found is None:
        return None
    names = [name for parameter in found for name in _names(parameter)]
    if names and names[0] in _OWN:  # with a type: ``self: Self``
        names = names[1:]
    return tuple(names)


def _list(held: Node) -> Node | None:
    declarator: Node | None = held
    for _ in range(_DEEPEST_DECLARATOR):
        if declarator is None:
            return None
        found = declarator.child_by_field_name("parameters")
        if found is not None:
            return found
        declarator = declarator.child_by_field_name("declarator")
    return None


def _is_void(parameter: Node) -> bool:
    return parameter.type == "parameter_declaration" and source_of(parameter) == "void"


def _names(parameter: Node) -> list[str]:
    """Of ``a, b int`` in Go two, of everything else one."""
    several = parameter.children_by_field_name("name")
    if len(several) > 1:
        return [source_of(name) for name in several]
    return [_name(parameter)]


def _name(node: Node | None) -> str:
    if node is None:
        return ""
    if node.type in _NAMES:
        return source_of(node).lstrip("$")
    for field in _NAMED_BY:
        inner = node.child_by_field_name(field)
        if inner is not None:
            return _name(inner)
    # A splat, a reference or a type around the name.
    inner = next((child for child in node.named_children if child.type in _NAMES), None)
    declared = (child for child in node.named_children if child.type in _DECLARED)
    return _name(inner or next(declared, None))
