"""Definitions with the docstring or doc comment that describes them, in any parsed language."""

from __future__ import annotations

import inspect
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cpt_rag.chunking.definitions import definitions
from cpt_rag.chunking.languages import COMMENTS, GRAMMARS
from cpt_rag.chunking.outline import Tree
from cpt_rag.chunking.syntax import Syntax

if TYPE_CHECKING:
    from tree_sitter import Node

# Where any comment above a definition describes it; elsewhere only one that is marked to do so.
_PLAIN = frozenset({"go", "ruby", "lua", "bash", "c"})
_MARKED = re.compile(r"/\*[*!]|//[/!]|---|-- [|^]|\{- ?\|")
_OPENING = re.compile(
    r"^[ \t]*(?:/\*+!?|\*(?![*/])|\*\*(?=\s|$)|//[/!]*|#+|--+(?: ?[|^])?|\{- ?\||<!--)[ \t]?"
)
_CLOSING = re.compile(r"[ \t]*(?:\*+/|-\})[ \t]*$")
_QUOTES = re.compile(r"""^[A-Za-z]{0,2}(\"{3}|'{3}|\"|')(.*)\1$""", re.DOTALL)
_MARKUP = re.compile(r"</?(?:b|c|code|em|i|li|p|para|pre|remarks|summary|ul)\b[^<>]*>")


@dataclass(frozen=True, slots=True)
class Documented:
    """A definition and what is said of it; offsets are characters.

    ``text[start:end]`` is the definition; its description was written in
    ``text[doc_start:doc_end]``, inside of it or above it.
    """

    start: int
    end: int
    doc_start: int
    doc_end: int
    doc: str


def documented(text: str, language: str) -> Iterator[Documented]:
    """Described definitions in the file's order; none where there is no grammar."""
    syntax = Syntax.parse(text, language) if language in GRAMMARS else None
    if syntax is None:
        return
    at = syntax.to_character
    comments = [] if language == "python" else list(_comments(syntax.root))
    starts = [node.start_byte for node in comments]
    for item, node, _ in definitions(Tree(syntax, GRAMMARS[language]), syntax.root):
        first, last = bisect_left(starts, item.start), bisect_left(starts, node.start_byte)
        doc = _docstring(node) if language == "python" else _above(comments[first:last], language)
        if doc:
            start = at(item.start) if language == "python" else at(doc[-1].end_byte)
            said = "\n".join(_text(one) for one in doc)
            span = at(doc[0].start_byte), at(doc[-1].end_byte)
            cleaned = _string(said) if language == "python" else _comment(said)
            yield Documented(start, at(item.end), *span, cleaned)


def _comments(root: Node) -> Iterator[Node]:
    """Every comment, in order."""
    pending = [root]
    while pending:
        node = pending.pop()
        if node.type in COMMENTS:
            yield node
        else:
            pending.extend(reversed(node.named_children))


def _above(comments: list[Node], language: str) -> list[Node]:
    return [one for one in comments if language in _PLAIN or _MARKED.match(_text(one))]


def _docstring(node: Node) -> list[Node]:
    """The string that opens a Python body which does something besides."""
    body = node.child_by_field_name("body")
    steps = [step for step in body.named_children if step.type not in COMMENTS] if body else []
    if len(steps) < 2 or steps[0].type != "expression_statement":
        return []
    return steps[:1] if [part.type for part in steps[0].named_children] == ["string"] else []


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace").rstrip()


def _string(literal: str) -> str:
    match = _QUOTES.match(literal)
    return inspect.cleandoc(match[2]) if match else ""


def _comment(said: str) -> str:
    lines = [
        _CLOSING.sub("", _OPENING.sub("", _CLOSING.sub("", line))) for line in said.split("\n")
    ]
    return _MARKUP.sub("", inspect.cleandoc("\n".join(lines)))
