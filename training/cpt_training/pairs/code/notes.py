"""What stands directly above a definition: its doc comment, and its decorators."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from cpt_rag.chunking.languages import COMMENTS, GRAMMARS
from cpt_rag.chunking.spans import blank_between, line_beginning
from cpt_rag.chunking.syntax import Syntax, language_of
from cpt_training.pairs.code.anatomy import attribute_name, attribute_text
from cpt_training.pairs.code.doc_comments import doc_text, documents, is_line

if TYPE_CHECKING:
    from tree_sitter import Node, Query


@cache
def _query(name: str) -> Query:
    """Finds comments and the nodes that, like decorators, may stand before a definition."""
    from tree_sitter import Query

    language = language_of(name)
    assert language is not None
    kinds = sorted(
        kind
        for kind in COMMENTS | GRAMMARS[name].attached
        if language.id_for_node_kind(kind, True) is not None
    )
    return Query(language, f"[{' '.join(f'({kind})' for kind in kinds)}] @note")


class Notes:
    """The comments, decorators and attributes of a file that stand outside definitions.

    Args:
        syntax: the file's tree.
        grammar: the language that read it.
        language: the language whose conventions for documentation apply.
    """

    def __init__(self, syntax: Syntax, grammar: str, language: str) -> None:
        self._data = syntax.data
        self._language = language
        self._notes = _outermost(syntax.root, grammar)
        self._ends = [note.end_byte for note in self._notes]

    def above(self, first: int, start: int) -> tuple[int, str]:
        """Where the decorators of what begins at ``start`` begin, and what its comment says.

        Notes count that begin at byte ``first`` or later, with no blank line in between.
        """
        notes = self._adjoining(first, start)
        return (
            self._attributes(start, notes)
            if self._language == "elixir"
            else self._read(start, notes)
        )

    def _adjoining(self, first: int, start: int) -> list[Node]:
        """Notes without a gap down to ``start``, the nearest one first."""
        found: list[Node] = []
        at = start
        for index in range(bisect_right(self._ends, start) - 1, -1, -1):
            note = self._notes[index]
            gap = self._data[note.end_byte : at]
            if note.start_byte < first or gap.strip() or blank_between(gap, 0, len(gap)):
                break
            found.append(note)
            at = note.start_byte
        return found

    def _read(self, start: int, notes: Sequence[Node]) -> tuple[int, str]:
        run: list[str] = []
        for note in notes:
            text = (note.text or b"").decode("utf-8", "replace")
            if note.type in COMMENTS and is_line(text):
                own_line = line_beginning(self._data, note.start_byte)[1]
                if own_line and documents(text, self._language):
                    run.insert(0, text)
                continue
            # Line comments end here; orders to tools among them hide no doc comment above.
            if said := self._said(run):
                return start, said
            run = []
            if note.type not in COMMENTS:
                start = note.start_byte
            elif documents(text, self._language) and (said := self._said([text])):
                return start, said
        return start, self._said(run)

    def _attributes(self, start: int, notes: Sequence[Node]) -> tuple[int, str]:
        """Elixir documents by ``@doc "text"``, and has a function's types in ``@spec``."""
        for note in notes:
            name = attribute_name(note)
            if name == "doc" and (said := attribute_text(note)):
                return start, said
            if name in ("spec", "impl"):
                start = note.start_byte
        return start, ""

    def _said(self, comments: Sequence[str]) -> str:
        return doc_text(comments, self._language) if comments else ""


def _outermost(root: Node, grammar: str) -> list[Node]:
    from tree_sitter import QueryCursor

    found = QueryCursor(_query(grammar)).captures(root).get("note", [])
    kept: list[Node] = []
    for note in sorted(found, key=lambda node: (node.start_byte, -node.end_byte)):
        if not kept or note.start_byte >= kept[-1].end_byte:
            kept.append(note)
    return kept
