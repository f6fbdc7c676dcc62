"""Code by syntax: every function a chunk, small containers whole, the rest merged in between."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from cpt_rag.chunking.assemble import Source, Unit
from cpt_rag.chunking.languages import CONTAINERS, GRAMMARS, Grammar
from cpt_rag.chunking.outline import Item, Tree
from cpt_rag.chunking.spans import may_cut
from cpt_rag.chunking.syntax import Syntax, signature
from cpt_rag.types import Chunk

if TYPE_CHECKING:
    from tree_sitter import Node

    from cpt_rag.chunking.names import Definition

# Definitions below this many tokens may share a chunk: getters, overloads, forward declarations.
_SMALL = 24
# Deeper than source code goes; what lies below is cut as one stretch.
_DEEPEST_SCOPE = 24

_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class _Scope:
    """What encloses a definition: its qualified symbol and the signatures on the way."""

    symbol: str | None
    kind: str
    trail: tuple[str, ...] = ()
    depth: int = 0


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a unit begins (a byte) and what it is; it ends where the next one begins.

    ``role`` is "code", "definition" or "header"; units of one ``home`` may merge.
    """

    start: int
    role: str
    home: _Scope
    kind: str
    symbol: str | None
    trail: tuple[str, ...]
    onward: tuple[str, ...]


def code_chunks(source: Source, language: str) -> list[Chunk] | None:
    """Chunks by syntax, None where no grammar makes anything of the source."""
    syntax = Syntax.parse(source.text, language)
    if syntax is None:
        return None
    if language == "c" and source.path.endswith(".h") and syntax.root.has_error:
        other = Syntax.parse(source.text, "cpp")
        if other is not None and not other.root.has_error:
            language, syntax = "cpp", other
    marks = _Outline(source, syntax, GRAMMARS[language]).marks()
    return source.chunks(_units(source, syntax, language, marks)) if marks else None


class _Outline:
    """One walk over the definitions of a tree, leaving a mark where each unit begins."""

    def __init__(self, source: Source, syntax: Syntax, grammar: Grammar) -> None:
        self._source = source
        self._syntax = syntax
        self._tree = Tree(syntax, grammar)
        self._marks: list[_Mark] = []

    def marks(self) -> list[_Mark]:
        """Marks in order of their beginnings."""
        self._visit(self._tree.items(self._syntax.root.named_children), _Scope(None, "module"))
        return self._marks

    def _visit(self, items: Iterable[Item], scope: _Scope) -> None:
        for item in items:
            if item.node and item.definition:
                self._define(item, item.node, item.definition, scope)
            else:
                self._statement(item, scope)

    def _statement(self, item: Item, scope: _Scope) -> None:
        self._mark_code(item.start, scope)
        if item.node and self._is_long(item, self._source.room(scope.trail), scope):
            self._visit(self._inside(item, item.node, scope), replace(scope, depth=scope.depth + 1))

    def _define(self, item: Item, node: Node, definition: Definition, scope: _Scope) -> None:
        kind, name = definition
        if kind == "function" and scope.kind in CONTAINERS - {"module"}:
            kind = "method"
        symbol = f"{scope.symbol}.{name}" if scope.symbol else name
        container = kind in CONTAINERS
        limit = self._source.max_tokens // 3 if container else self._source.room(scope.trail)
        long = self._is_long(item, limit, scope)
        onward = (*scope.trail, signature(self._syntax, node)) if long else scope.trail
        inner = _Scope(symbol, kind, onward, scope.depth + 1)
        role = "header" if long else "definition"
        home = inner if long else scope
        self._mark(_Mark(item.start, role, home, kind, symbol, scope.trail, onward))
        if long and container:
            self._visit(self._tree.members(node), inner)
        elif long:
            self._visit(self._inside(item, node, inner), inner)

    def _inside(self, item: Item, node: Node, scope: _Scope) -> list[Item]:
        return self._tree.nested(item, node, self._source.room(scope.trail))

    def _is_long(self, item: Item, limit: int, scope: _Scope) -> bool:
        # A token is at least a byte.
        if item.end - item.start <= limit or scope.depth >= _DEEPEST_SCOPE:
            return False
        at = self._syntax.to_character
        return self._source.measure(at(item.start), at(item.end)) > limit

    def _mark_code(self, start: int, scope: _Scope) -> None:
        kind = scope.kind if scope.kind in ("function", "method", "macro") else "code"
        self._mark(_Mark(start, "code", scope, kind, scope.symbol, scope.trail, scope.trail))

    def _mark(self, mark: _Mark) -> None:
        last = self._marks[-1].start if self._marks else -1
        if mark.start > last:
            self._marks.append(mark)
        elif mark.start == last and self._marks[-1].role == "code":
            self._marks[-1] = mark


@dataclass(slots=True)
class _Stretch:
    """A unit in the making: its mark, its end in bytes, its span in characters, its tokens."""

    mark: _Mark
    end_byte: int
    start: int
    end: int
    cost: int
    small: bool


def _units(source: Source, syntax: Syntax, language: str, marks: list[_Mark]) -> list[Unit]:
    return [
        Unit(
            start=stretch.start,
            end=stretch.end,
            kind=stretch.mark.kind,
            language=language,
            symbol=stretch.mark.symbol,
            trail=stretch.mark.trail,
            onward=stretch.mark.onward,
            cuts=partial(
                syntax.cuts, stretch.mark.start, stretch.end_byte, source.room(stretch.mark.onward)
            ),
        )
        for stretch in _merged(source, _stretches(source, syntax, marks))
    ]


def _stretches(source: Source, syntax: Syntax, marks: list[_Mark]) -> Iterator[_Stretch]:
    """What lies from each mark to the next; the first takes what comes before it.

    A mark that would split a word, as a tree of broken code may, is passed over.
    """
    size = len(source.text)
    placed = [(0, marks[0])] if marks else []
    for mark in marks[1:]:
        at = syntax.to_character(mark.start)
        if placed[-1][0] < at < size and may_cut(source.text, at):
            placed.append((at, mark))
    ends = [(at, mark.start) for at, mark in placed[1:]]
    ends.append((size, len(syntax.data)))
    for (start, mark), (end, end_byte) in zip(placed, ends, strict=True):
        cost = source.measure(start, end)
        yield _Stretch(mark, end_byte, start, end, cost, cost < _SMALL)


def _merged(source: Source, stretches: Iterable[_Stretch]) -> list[_Stretch]:
    merged: list[_Stretch] = []
    for stretch in stretches:
        last = merged[-1] if merged else None
        if last and (_is_closing(source, stretch) or _may_merge(source, last, stretch)):
            last.end, last.end_byte = stretch.end, stretch.end_byte
            last.cost += stretch.cost
        else:
            merged.append(stretch)
    return merged


def _is_closing(source: Source, stretch: _Stretch) -> bool:
    """Whether nothing is there but brackets and semicolons."""
    return not _WORD.search(source.text, stretch.start, stretch.end)


def _may_merge(source: Source, last: _Stretch, following: _Stretch) -> bool:
    mark, roles = last.mark, (last.mark.role, following.mark.role)
    if mark.home is not following.mark.home:
        return False
    if roles == ("definition", "definition"):
        few = last.cost + following.cost <= source.max_tokens // 3
        alike = mark.kind == following.mark.kind
        return alike and few and last.small and following.small
    room = min(source.room(mark.trail), source.room(mark.onward))
    return (
        following.mark.role == "code"
        and mark.role != "definition"
        and (last.cost + following.cost <= room)
    )
