"""A function, and the same function renamed and restructured: same work, other words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cpt_rag.chunking.syntax import Syntax
from cpt_training.pairs.code.anatomy import body_of, docstring_node, docstring_text, holder
from cpt_training.pairs.code.definitions import Definition, definitions, syntax
from cpt_training.pairs.code.excerpt import outdented
from cpt_training.pairs.code.worth import implements, telling_lines
from cpt_training.pairs.pair import Pair, SourceFile
from cpt_training.pairs.prose import DOCUMENT_CHARACTERS
from cpt_training.pairs.variants.dialects import DIALECTS, Dialect
from cpt_training.pairs.variants.renaming import replacements
from cpt_training.pairs.variants.restructuring import rules
from cpt_training.pairs.variants.rewriting import GONE, Rewriter
from cpt_training.pairs.variants.shapes import is_deep

if TYPE_CHECKING:
    from tree_sitter import Node

KIND = "clone_variant"
MINIMUM_LINES = 4
# Fewer than so many new names and restructured places leave the function as it was.
FEWEST_CHANGES = 4
FEWEST_RESTRUCTURED = 1
_AROUND = frozenset({"decorated_definition", "template_declaration"})
_PYTHON = "function_definition"


@dataclass(frozen=True, slots=True)
class _Variant:
    code: str
    node: Node
    text: bytes


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield functions with a variant of each, the same for the same text."""
    dialect = DIALECTS.get(file.language)
    tree = syntax(file)
    if file.test or dialect is None or tree is None or GONE in tree.data:
        return
    found: list[_Variant] = []
    for definition in definitions(file):
        if not implements(definition) or telling_lines(definition.code) < MINIMUM_LINES:
            continue
        if definition.node.has_error or len(definition.code) > DOCUMENT_CHARACTERS:
            continue
        whole = _whole(definition.node)
        text = _rewritten(definition, whole, dialect, tree.data)
        # An overload may stand inside what another one takes for its body.
        if text and not (found and whole.start_byte < found[-1].node.end_byte):
            found.append(_Variant(definition.code, whole, text))
    for variant in _sound(found, tree, file.language):
        data = tree.data[: variant.node.start_byte] + variant.text
        document = outdented(data, variant.node.start_byte, len(data))
        yield Pair(KIND, file.language, variant.code, document)


def _whole(node: Node) -> Node:
    """The function with its decorators, or the parameters of its template."""
    while node.parent is not None and node.parent.type in _AROUND:
        node = node.parent
    return node


def _rewritten(definition: Definition, whole: Node, dialect: Dialect, data: bytes) -> bytes:
    node = definition.node
    if is_deep(node):
        return b""
    seed = hashlib.sha256(definition.code.encode("utf-8", "replace")).hexdigest()
    new_names = replacements(definition, dialect, seed)
    if new_names is None:
        return b""
    # Elsewhere a string that stands alone is no docstring ("use strict").
    docstring = docstring_node(body_of(holder(node))) if node.type == _PYTHON else None
    hole = (-1, -1)
    if docstring and docstring_text(docstring):
        hole = (docstring.start_byte, docstring.end_byte)
    rewriter = Rewriter(data, new_names, hole, rules(dialect))
    written = rewriter.written(whole)
    changes = len(set(new_names.values())) + rewriter.changes
    enough = changes >= FEWEST_CHANGES and rewriter.changes >= FEWEST_RESTRUCTURED
    return written if enough else b""


def _sound(variants: Sequence[_Variant], tree: Syntax, language: str) -> Iterator[_Variant]:
    """Those that are what they were, without an error, in a file that has all of them instead."""
    parts: list[bytes] = []
    starts: list[int] = []
    at = size = 0
    for variant in variants:
        parts += (tree.data[at : variant.node.start_byte], variant.text)
        starts.append(size + variant.node.start_byte - at)
        size = starts[-1] + len(variant.text)
        at = variant.node.end_byte
    text = b"".join([*parts, tree.data[at:]])
    parsed = Syntax.parse(text.decode("utf-8", "replace"), language) if variants else None
    for variant, start in zip(variants, starts, strict=True):
        inner = parsed and parsed.root.descendant_for_byte_range(start, start + len(variant.text))
        if inner and inner.type == variant.node.type and not inner.has_error:
            yield variant
