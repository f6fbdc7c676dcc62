"""Syntax trees: grammars loaded on first use, signatures, and boundaries inside long nodes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from cpt_rag.chunking.languages import BODIES, COMMENTS, GRAMMARS
from cpt_rag.chunking.pack import DEEPEST_NODE, Cut
from cpt_rag.chunking.spans import blank_between, character_offsets, line_beginning, may_cut

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser

# Error recovery on megabytes of what is no source at all may take minutes.
_MOST_BYTES = 8_000_000
_SIGNATURE = 200
_ORNAMENTS = frozenset({"attribute_list", "attributes", "decorator", "modifiers", "annotation"})


@cache
def language_of(name: str) -> Language | None:
    """The grammar of one language, None where its wheel cannot be loaded here."""
    grammar = GRAMMARS[name]
    try:
        from tree_sitter import Language

        return Language(getattr(import_module(grammar.module), grammar.function)())
    except (ImportError, AttributeError, ValueError, OSError):
        return None


@cache
def _parser(name: str) -> Parser | None:
    language = language_of(name)
    if language is None:
        return None
    from tree_sitter import Parser

    return Parser(language)


class Syntax:
    """A source text with its syntax tree; tree offsets are bytes, cuts are characters."""

    def __init__(self, text: str, data: bytes, root: Node) -> None:
        self.text = text
        self.data = data
        self.root = root
        self.to_character: Callable[[int], int] = character_offsets(text, data)

    @classmethod
    def parse(cls, text: str, language: str) -> Syntax | None:
        """The tree of ``text``, None where there is no grammar or it makes nothing of it."""
        data = text.encode("utf-8", "surrogatepass")
        parser = _parser(language) if len(data) <= _MOST_BYTES else None
        if parser is None:
            return None
        root = parser.parse(data).root_node
        return cls(text, data, root) if root.named_child_count else None

    def cuts(self, start: int, end: int, budget: int) -> list[Cut]:
        """Boundaries of nodes between two bytes, down to nodes that fit the budget."""
        found: list[Cut] = []
        level = [self.root.descendant_for_byte_range(start, end) or self.root]
        depth = 0
        while level:
            rank = min(depth, DEEPEST_NODE)
            below: list[Node] = []
            for node in level:
                children = _children_within(node, start, end)
                starts = self._starts(node, children)
                found.extend(Cut(self.to_character(at), rank) for at in starts if at > start)
                below.extend(child for child in children if _size(child) > budget)
            level = below
            depth += 1
        return [
            cut
            for cut in found
            if cut.position < len(self.text) and may_cut(self.text, cut.position)
        ]

    def _starts(self, node: Node, children: list[Node]) -> list[int]:
        """Where the children of a node begin: on lines of their own, unless it has but one."""
        one_line = node.start_point.row == node.end_point.row and "string" not in node.type
        starts: list[int] = []
        comment: Node | None = None
        for child in children:
            at, is_line = line_beginning(self.data, child.start_byte)
            below = comment is not None and not blank_between(
                self.data, comment.end_byte, child.start_byte
            )
            comment = child if is_line and child.type in COMMENTS else None
            if not below and (is_line or one_line):
                starts.append(at)
        return starts


def _size(node: Node) -> int:
    return node.end_byte - node.start_byte


def _children_within(node: Node, start: int, end: int) -> list[Node]:
    """Named children that overlap the bytes, found without a look at every sibling before."""
    children: list[Node] = []
    cursor = node.walk()
    more = cursor.goto_first_child_for_byte(start) is not None
    while more and cursor.node is not None and cursor.node.start_byte < end:
        if cursor.node.is_named:
            children.append(cursor.node)
        more = cursor.goto_next_sibling()
    return children


def signature(syntax: Syntax, node: Node) -> str:
    """A definition down to its body or first comment, decorators left out, on one line."""
    start, end = node.start_byte, node.end_byte
    for child in node.children:
        if child.type in COMMENTS or child.type in BODIES or child.type.endswith("_body"):
            inner = child.named_children if child.type.endswith("_declaration") else []
            end = inner[0].start_byte if inner else child.start_byte
            break
        if child.start_byte == start and child.type in _ORNAMENTS:
            following = child.next_sibling
            start = following.start_byte if following else start
    head = syntax.data[start:end].decode("utf-8", "replace")
    line = " ".join(head.split()).rstrip("{ ")
    return line if len(line) <= _SIGNATURE else f"{line[:_SIGNATURE].rsplit(' ', 1)[0]} ..."
