"""The statements of a block, which some grammars list in one more node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cpt_rag.chunking.languages import COMMENTS
from cpt_training.pairs.code.anatomy import body_of, holder

if TYPE_CHECKING:
    from tree_sitter import Node

BLOCKS = frozenset(
    {"block", "statement_block", "compound_statement", "constructor_body", "body_statement"}
)
"""Node types of blocks that hold statements and nothing else."""

_LIST = "statement_list"


def statements_of(block: Node) -> list[Node]:
    """The statements of a block in order, comments left out."""
    children = [
        inner
        for child in block.named_children
        for inner in (child.named_children if child.type == _LIST else [child])
    ]
    return [child for child in children if child.type not in COMMENTS]


def block_of(node: Node) -> Node | None:
    """The block that a function's statements stand in, None where it has another body."""
    body = body_of(holder(node))
    return body if body is not None and body.type in BLOCKS else None
