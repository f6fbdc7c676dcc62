"""What a syntax tree defines: items in order, each with the comments that belong to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cpt_rag.chunking.languages import BODIES, COMMENTS, CONTAINERS, Grammar
from cpt_rag.chunking.spans import blank_between, line_beginning
from cpt_rag.chunking.syntax import Syntax

if TYPE_CHECKING:
    from tree_sitter import Node

    from cpt_rag.chunking.names import Definition

# Wrappers inside wrappers; an ``#elif`` chain is one for each branch.
_DEEPEST_WRAPPER = 40

_REST_OF_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)")
_WORD = re.compile(rb"[\w\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Item:
    """A definition, or a statement between definitions; offsets are bytes.

    ``node`` is the definition's own node, inside its decorators or ``export``; None for what is
    left of a function around the ones nested in it.
    """

    start: int
    end: int
    node: Node | None
    definition: Definition | None = None


class Tree:
    """A syntax tree read by its language's row."""

    def __init__(self, syntax: Syntax, grammar: Grammar) -> None:
        self._data = syntax.data
        self._grammar = grammar
        self._attached = grammar.attached | COMMENTS

    def items(self, nodes: Iterable[Node]) -> list[Item]:
        """Siblings as items: comments joined to what they stand above, clauses of one name joined.

        An item begins where its first line does, if nothing else stands there.
        """
        items: list[Item] = []
        above: Item | None = None
        for item in self._flat(nodes):
            start, is_line = line_beginning(self._data, item.start)
            if above is not None:
                if blank_between(self._data, above.end, item.start):
                    items.append(above)
                    above = None
                else:
                    start = above.start
            placed = Item(start, item.end, item.node, item.definition)
            if item.definition is None and item.node and item.node.type in self._attached:
                above = placed if is_line or above else None
            else:
                self._append(items, placed)
                above = None
        return [*items, above] if above else items

    def members(self, node: Node) -> list[Item]:
        """What stands in the body of a container, statements included."""
        children = node.named_children
        body = node.child_by_field_name("body")
        if body is None:
            body = next((child for child in reversed(children) if child.type in BODIES), None)
        if body is None:
            return self.items(children)
        comments = [
            child
            for child in children
            if child.type in COMMENTS and child.end_byte <= body.start_byte
        ]
        return self.items([*comments, *body.named_children])

    def nested(self, whole: Item, node: Node, limit: int) -> list[Item]:
        """Definitions anywhere inside a long function or statement, and what is left after each."""
        found: list[Item] = []
        level = [node]
        while level:
            items = [item for parent in level for item in self.items(parent.named_children)]
            found.extend(item for item in items if item.definition)
            level = [
                item.node
                for item in items
                if item.node
                and item.definition is None
                and (item.node.type in BODIES or item.end - item.start > limit)
            ]
        found.sort(key=lambda item: item.start)
        return list(self._with_rests(found, whole.end)) if found else []

    def _append(self, items: list[Item], item: Item) -> None:
        last = items[-1] if items else None
        if (
            self._grammar.clauses
            and last is not None
            and item.definition is not None
            and last.definition == item.definition
            and item.definition[0] not in CONTAINERS
        ):
            items[-1] = replace(last, end=item.end)
        else:
            items.append(item)

    def _with_rests(self, items: list[Item], end: int) -> Iterator[Item]:
        following = [item.start for item in items[1:]] + [end]
        for item, stop in zip(items, following, strict=True):
            yield item
            line = _REST_OF_LINE.match(self._data, item.end, max(stop, item.end))
            rest = line.end() if line else item.end
            if _WORD.search(self._data, rest, max(stop, rest)):
                yield Item(rest, stop, None)

    def _flat(self, nodes: Iterable[Node], depth: int = 0) -> Iterator[Item]:
        """Nodes as items, opened where they only surround definitions."""
        for node in nodes:
            kind = self._grammar.definitions.get(node.type)
            definition = self._grammar.rule(node, kind) if kind else None
            if definition is None and depth < _DEEPEST_WRAPPER:
                inner = self._opened(node, depth + 1)
                if inner:
                    yield from inner
                    continue
            yield Item(node.start_byte, node.end_byte, node, definition)

    def _opened(self, node: Node, depth: int) -> list[Item]:
        """The items inside a node that surrounds definitions, none if it holds no definition.

        The first one takes the opening of the surrounding node. A comment at the end may belong
        to a definition after the node, so that such a node is opened too.
        """
        through = node.type in self._grammar.through or node.type == "ERROR"
        if not through and node.type not in self._grammar.wrappers:
            return []
        inner = list(self._flat(node.named_children, depth))
        last = inner[-1].node if inner else None
        trailing = (
            through
            and last is not None
            and last.type in self._attached
            and last.start_point.column <= node.start_point.column
        )
        if not trailing and not any(item.definition for item in inner):
            return []
        kept = [
            item
            for item in inner
            if item.definition or (through and line_beginning(self._data, item.start)[1])
        ]
        if not kept:
            return []
        kept[0] = replace(kept[0], start=node.start_byte)
        if not through:
            kept[-1] = replace(kept[-1], end=node.end_byte)
        return kept
