"""The definitions of a source file in any language with a grammar, each with its documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from cpt_rag.chunking.languages import COMMENTS, CONTAINERS, GRAMMARS
from cpt_rag.chunking.outline import Item, Tree
from cpt_rag.chunking.spans import blank_between
from cpt_rag.chunking.syntax import Syntax
from cpt_training.pairs.code import anatomy
from cpt_training.pairs.code.doc_comments import doc_text, is_line
from cpt_training.pairs.code.excerpt import NOWHERE, Hole, outdented, statements
from cpt_training.pairs.code.grammars import MINED_GRAMMARS
from cpt_training.pairs.code.notes import Notes
from cpt_training.pairs.pair import SourceFile

if TYPE_CHECKING:
    from tree_sitter import Node

_DEEPEST_SCOPE = 24
# A statement this long may hold the definitions of a whole file: ``(function () { ... })()``.
_LONG_STATEMENT = 200
_OPENS_STATEMENTS = frozenset({"javascript", "typescript", "tsx"})
# These surround a list of definitions; the other wrappers are one with what they wrap.
_LISTS = frozenset({"declaration_list", "foreign_mod_item"})
_MACRO_LANGUAGES = frozenset({"c", "cpp"})
_CALLABLE = frozenset({"function", "method"})


@dataclass(frozen=True, slots=True)
class Definition:
    """One function, class, type or module.

    Args:
        kind: the chunker's: function, method, class, struct, interface, trait, enum, impl, ...
        name: the last part of the symbol.
        symbol: qualified by what encloses it, parts joined by dots.
        doc: what its docstring or doc comment says, comment marks stripped, tags kept; may be "".
        signature: the header down to the body, as written, without decorators and annotations.
        code: decorators, header and body, outdented, without docstring and doc comment.
        documented: the same with its docstring or doc comment where it stands, marks and all.
        body: the body alone, outdented, without docstring; "" for a mere declaration.
        node: its own node in the file's tree.
    """

    kind: str
    name: str
    symbol: str
    doc: str
    signature: str
    code: str
    documented: str
    body: str
    node: Node


@lru_cache(maxsize=1)
def syntax(file: SourceFile) -> Syntax | None:
    """The file's tree, None where there is no grammar or it makes nothing of the text.

    A C header that only C++ can read is read as C++.
    """
    return _parse(file)[0]


@lru_cache(maxsize=1)
def definitions(file: SourceFile) -> tuple[Definition, ...]:
    """Definitions in the file's order with the members of containers, not those in functions."""
    tree, grammar = _parse(file)
    return tuple(_Reader(tree, grammar, file.language).read()) if tree else ()


@lru_cache(maxsize=1)
def _parse(file: SourceFile) -> tuple[Syntax | None, str]:
    """The file's tree and the grammar that read it."""
    if file.language not in GRAMMARS:
        return None, file.language
    tree = Syntax.parse(file.text, file.language)
    if tree and file.language == "c" and file.path.endswith(".h") and tree.root.has_error:
        other = Syntax.parse(file.text, "cpp")
        if other is not None and not other.root.has_error:
            return other, "cpp"
    return tree, file.language


def file_doc(file: SourceFile) -> str:
    """What a Python, Rust or Go file says of itself as a whole; "" in other languages."""
    tree = syntax(file)
    if tree is None:
        return ""
    if file.language == "python":
        return anatomy.docstring_text(anatomy.docstring_node(tree.root))
    if file.language == "go":
        return _package_doc(tree)
    if file.language == "rust":
        texts = (anatomy.source_of(node) for node in tree.root.named_children)
        return doc_text([text for text in texts if text.startswith("//!")], "rust")
    return ""


def _package_doc(tree: Syntax) -> str:
    """The comment directly above the package clause of a Go file."""
    comments: list[str] = []
    end = 0
    for node in tree.root.named_children:
        apart = blank_between(tree.data, end, node.start_byte)
        if node.type == "package_clause" and not apart:
            return doc_text(comments, "go")
        if node.type not in COMMENTS:
            break
        text = anatomy.source_of(node)
        comments = [text] if apart or not is_line(text) else [*comments, text]
        end = node.end_byte
    return ""


class _Reader:
    """One walk over a file's tree."""

    def __init__(self, syntax: Syntax, grammar: str, language: str) -> None:
        self._data = syntax.data
        self._root = syntax.root
        self._language = language
        self._grammar = MINED_GRAMMARS[grammar]
        self._tree = Tree(syntax, self._grammar)
        self._notes = Notes(syntax, grammar, language)

    def read(self) -> Iterator[Definition]:
        """Every definition, containers before their members."""
        return self._visit(self._tree.items(self._root.named_children), "", "module", 0)

    def _visit(
        self, items: Iterable[Item], scope: str, scope_kind: str, depth: int
    ) -> Iterator[Definition]:
        if self._language == "elixir":
            items = self._clauses_joined(items)
        for item in items:
            if item.node is None:
                continue
            if item.definition is None:
                if depth < _DEEPEST_SCOPE and self._may_hold(item):
                    nested = self._tree.nested(item, item.node, _LONG_STATEMENT)
                    yield from self._visit(nested, scope, scope_kind, _DEEPEST_SCOPE)
                continue
            kind, name = item.definition
            if self._language in _MACRO_LANGUAGES and kind in _CALLABLE and _misread(item.node):
                continue
            if kind == "function" and scope_kind in CONTAINERS - {"module"}:
                kind = "method"
            symbol = f"{scope}.{name}" if scope else name
            held = anatomy.holder(item.node)
            yield self._definition(item, item.node, held, kind, symbol)
            if kind in CONTAINERS and depth < _DEEPEST_SCOPE:
                yield from self._visit(self._tree.members(held), symbol, kind, depth + 1)

    def _may_hold(self, item: Item) -> bool:
        long = item.end - item.start > _LONG_STATEMENT
        return long and self._language in _OPENS_STATEMENTS

    def _clauses_joined(self, items: Iterable[Item]) -> Iterator[Item]:
        """Items with the clauses of one function as one; a ``@doc`` or ``@spec`` begins another."""
        last: Item | None = None
        for item in items:
            if last is not None and self._is_clause(last, item):
                last = replace(last, end=item.end)
                continue
            if last is not None:
                yield last
            last = item
        if last is not None:
            yield last

    def _is_clause(self, last: Item, item: Item) -> bool:
        if item.node is None or item.definition is None or last.definition != item.definition:
            return False
        above = self._data[item.start : item.node.start_byte]
        return item.definition[0] not in CONTAINERS and b"@" not in above

    def _definition(self, item: Item, node: Node, held: Node, kind: str, symbol: str) -> Definition:
        body = anatomy.body_of(held)
        outer = self._outer(node, item.start)
        start, doc = self._notes.above(item.start, outer.start_byte)
        hole = NOWHERE
        if self._language == "python":
            doc, hole = _docstring(body)
        elif self._language == "elixir" and kind in CONTAINERS:
            doc, hole = _module_doc(body)
        clauses = self._grammar.clauses or self._language == "elixir"
        end = item.end if clauses else outer.end_byte
        head = outer if outer.type == "template_declaration" else node
        header = outdented(
            self._data, anatomy.header_start(head), anatomy.header_end(node, held, body)
        )
        return Definition(
            kind=kind,
            name=symbol.rpartition(".")[2] or symbol,
            symbol=symbol,
            doc=doc,
            signature=anatomy.without_tail(header),
            code=outdented(self._data, start, end, hole),
            documented=outdented(self._data, item.start, end),
            body=self._body(body, held, end if clauses else None, hole),
            node=node,
        )

    def _outer(self, node: Node, first: int) -> Node:
        """The definition with its decorators or ``export``, which begins at ``first`` or later."""
        outer = node
        while (
            (parent := outer.parent) is not None
            and parent.type in self._grammar.wrappers - _LISTS
            and parent.start_byte >= first
        ):
            outer = parent
        return outer

    def _body(self, body: Node | None, held: Node, end: int | None, hole: Hole) -> str:
        """The body's statements; ``end`` is that of the last clause of several."""
        if body is None and end is None:
            return ""
        start = body.start_byte if body else held.end_byte
        last = body if body and body.is_named else held
        return statements(outdented(self._data, start, end or last.end_byte, hole))


def _misread(node: Node) -> bool:
    """Whether a function has no parameters: an export macro makes one of ``class API Name {``."""
    return b"(" not in (node.text or b"").partition(b"{")[0]


def _docstring(body: Node | None) -> tuple[str, Hole]:
    """A Python docstring and where it stands."""
    node = anatomy.docstring_node(body)
    text = anatomy.docstring_text(node)
    return (text, (node.start_byte, node.end_byte)) if node and text else ("", NOWHERE)


def _module_doc(body: Node | None) -> tuple[str, Hole]:
    """The ``@moduledoc`` of an Elixir module and where it stands."""
    for node in body.named_children if body else ():
        if node.type == "unary_operator" and anatomy.attribute_name(node) == "moduledoc":
            return anatomy.attribute_text(node), (node.start_byte, node.end_byte)
    return "", NOWHERE
