"""A function, and the same function renamed and restructured: same work, other words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cpt_rag.chunking.syntax import Syntax
from cpt_training.pairs.code.anatomy import body_of, docstring_node, holder
from cpt_training.pairs.code.definitions import Definition, definitions, syntax
from cpt_training.pairs.code.excerpt import outdented
from cpt_training.pairs.code.worth import implements, telling_lines
from cpt_training.pairs.pair import Pair, SourceFile
from cpt_training.pairs.prose import DOCUMENT_CHARACTERS
from cpt_training.pairs.variants.dialects import DIALECTS, Dialect
from cpt_training.pairs.variants.renaming import replacements, telling
from cpt_training.pairs.variants.restructuring import rules
from cpt_training.pairs.variants.rewriting import GONE, Rewriter

if TYPE_CHECKING:
    from tree_sitter import Node

KIND = "clone_variant"
MINIMUM_LINES = 4
# Fewer than so many new names and restructured places leave the function as it was.
FEWEST_CHANGES = 4
FEWEST_RESTRUCTURED = 1


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield functions with a variant that reads as well as they do, the same for the same text."""
    dialect = DIALECTS.get(file.language)
    tree = syntax(file)
    if file.test or dialect is None or tree is None or GONE in tree.data:
        return
    for definition in definitions(file):
        if not implements(definition) or telling_lines(definition.code) < MINIMUM_LINES:
            continue
        if definition.node.has_error or len(definition.code) > DOCUMENT_CHARACTERS:
            continue
        variant = _variant(definition, dialect, tree.data, file.language == "python")
        if variant and _parses(variant, definition.node, tree, file.language):
            start = definition.node.start_byte
            data = tree.data[:start] + variant
            yield Pair(KIND, file.language, definition.code, outdented(data, start, len(data)))


def _variant(definition: Definition, dialect: Dialect, data: bytes, python: bool) -> bytes:
    node = definition.node
    if telling(node, dialect):
        return b""
    seed = hashlib.sha256(definition.code.encode("utf-8", "replace")).hexdigest()
    new_names = replacements(definition, dialect, seed)
    if new_names is None:
        return b""
    docstring = docstring_node(body_of(holder(node))) if python else None
    hole = (docstring.start_byte, docstring.end_byte) if docstring else (-1, -1)
    rewriter = Rewriter(data, new_names, hole, rules(dialect))
    written = rewriter.written(node)
    changes = len(set(new_names.values())) + rewriter.changes
    enough = changes >= FEWEST_CHANGES and rewriter.changes >= FEWEST_RESTRUCTURED
    return written if enough else b""


def _parses(variant: bytes, node: Node, tree: Syntax, language: str) -> bool:
    """Whether the file with the variant in place of the function has no error that it had not."""
    text = tree.data[: node.start_byte] + variant + tree.data[node.end_byte :]
    parsed = Syntax.parse(text.decode("utf-8", "replace"), language)
    if parsed is None:
        return False
    inner = parsed.root.descendant_for_byte_range(node.start_byte, node.start_byte + len(variant))
    return inner is not None and not inner.has_error and inner.type == node.type
