"""The chunker's grammars, with the mere declarations that miners read as well.

A chunk needs no boundary at a prototype in a header or at a method of an interface; a miner wants
their names, signatures and doc comments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from cpt_rag.chunking import names
from cpt_rag.chunking.languages import GRAMMARS, Grammar

if TYPE_CHECKING:
    from tree_sitter import Node

_DECLARATORS = frozenset({"pointer_declarator", "reference_declarator", "function_declarator"})


def _prototype(node: Node, kind: str) -> names.Definition | None:
    """C and C++: also functions that are only declared."""
    if node.type not in ("declaration", "field_declaration"):
        return names.c_family(node, kind)
    inner = node.child_by_field_name("declarator")
    while inner is not None and inner.type in _DECLARATORS:
        following = inner.child_by_field_name("declarator") or next(
            (child for child in inner.named_children if child.type in _DECLARATORS), None
        )
        if inner.type == "function_declarator":
            if following is None or following.type.endswith("_declarator"):
                return None
            name = names.dotted(names.text_of(following))
            return ("method" if "." in name else kind, name) if name else None
        inner = following
    return names.c_family(node, kind) if node.type == "declaration" else None


def _with_declarations(grammar: Grammar, through: str = "", **kinds: str) -> Grammar:
    more = {node_type: kind for kind, types in kinds.items() for node_type in types.split()}
    return replace(
        grammar,
        definitions={**grammar.definitions, **more},
        through=grammar.through | frozenset(through.split()),
    )


def _c_family(grammar: Grammar) -> Grammar:
    declared = _with_declarations(grammar, function="declaration", method="field_declaration")
    return replace(declared, rule=_prototype)


MINED_GRAMMARS: Mapping[str, Grammar] = {
    **GRAMMARS,
    "c": _c_family(GRAMMARS["c"]),
    "cpp": _c_family(GRAMMARS["cpp"]),
    "go": _with_declarations(GRAMMARS["go"], "type_spec interface_type", method="method_elem"),
    # Clauses of one name may differ in arity, and in documentation.
    "elixir": replace(GRAMMARS["elixir"], clauses=False),
    "typescript": _with_declarations(GRAMMARS["typescript"], method="method_signature"),
    "tsx": _with_declarations(GRAMMARS["tsx"], method="method_signature"),
}
"""One row for each language, as in `cpt_rag.chunking.languages.GRAMMARS`."""
