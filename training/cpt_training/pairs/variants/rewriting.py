"""A syntax tree written out again, with some of its nodes put differently."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from cpt_rag.chunking.languages import COMMENTS

if TYPE_CHECKING:
    from tree_sitter import Node

GONE = b"\x00"
"""Stands for what was taken out, until its lines are."""

_GLUED = re.compile(rb"[\w$\x80-\xff]{2}")
_EMPTIED = re.compile(rb"^[ \t]*\x00[ \t\x00]*(?:;[ \t]*)?\n|[ \t]*\x00", re.MULTILINE)


class Rewriter:
    """Writes nodes out.

    Args:
        data: the file.
        replaced: new text of leaves, by their first byte.
        left_out: first and last byte of a node to be taken out, beside comments.
        rules: asked in turn; the first that has an answer puts a node.
    """

    def __init__(
        self,
        data: bytes,
        replaced: Mapping[int, bytes],
        left_out: tuple[int, int],
        rules: Sequence[Rule],
    ) -> None:
        self.data = data
        self.changes = 0
        self._replaced = replaced
        self._left_out = left_out
        self._rules = rules

    def written(self, node: Node) -> bytes:
        """The new text of a node, what was taken out removed with its lines."""
        return _EMPTIED.sub(b"", self.text(node))

    def text(self, node: Node) -> bytes:
        """The new text of a node and all that is in it."""
        if node.type in COMMENTS or (node.start_byte, node.end_byte) == self._left_out:
            # Some grammars count the end of the line to the comment.
            line = b"\n" if self.data[node.end_byte - 1 : node.end_byte] == b"\n" else b""
            return self.apart(node, GONE + line)
        for rule in self._rules:
            found = rule(node, self)
            if found is not None:
                self.changes += 1
                return self.apart(node, found)
        return self.as_it_is(node)

    def apart(self, node: Node, text: bytes) -> bytes:
        """A node's new text, apart from the words that the node stands against."""
        before = self.data[max(node.start_byte - 1, 0) : node.start_byte]
        after = self.data[node.end_byte : node.end_byte + 1]
        if text == GONE:
            return b" " if _GLUED.match(before + after) else GONE
        first = b" " if _GLUED.match(before + text[:1]) else b""
        last = b" " if _GLUED.match(text[-1:] + after) else b""
        return first + text + last

    def as_it_is(self, node: Node) -> bytes:
        """A node without a rule applied to itself, but to what is in it."""
        if node.start_byte in self._replaced and (
            not node.child_count or node.type == "variable_name"
        ):
            return self._replaced[node.start_byte]
        return self.between(node, node.start_byte, node.end_byte)

    def between(self, node: Node, start: int, end: int) -> bytes:
        """The new text of a stretch of a node, which begins and ends between its children."""
        parts: list[bytes] = []
        at = start
        for child in node.children:
            if start <= child.start_byte and child.end_byte <= end:
                parts += (self.data[at : child.start_byte], self.text(child))
                at = child.end_byte
        return b"".join([*parts, self.data[at:end]])


Rule = Callable[["Node", Rewriter], "bytes | None"]
"""The new text of a node, or None where the rule has nothing to say of it."""
