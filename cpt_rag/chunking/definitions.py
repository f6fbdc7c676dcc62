"""Every definition of a syntax tree that can be asked for by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cpt_rag.chunking.languages import CONTAINERS
from cpt_rag.chunking.outline import Item, Tree

if TYPE_CHECKING:
    from tree_sitter import Node

    from cpt_rag.chunking.names import Definition


def definitions(tree: Tree, root: Node) -> Iterator[tuple[Item, Node, Definition]]:
    """Definitions and the members of containers in order, none from inside a function."""
    pending = tree.items(root.named_children)[::-1]
    while pending:
        item = pending.pop()
        if item.node is not None and item.definition is not None:
            yield item, item.node, item.definition
            if item.definition[0] in CONTAINERS:
                pending.extend(reversed(tree.members(item.node)))
