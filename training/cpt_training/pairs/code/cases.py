"""The tests in a file, as the many frameworks write them: a title, what it is about, a body."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import basename
from typing import TYPE_CHECKING

from cpt_rag.chunking.languages import COMMENTS
from cpt_training.pairs.code.definitions import Definition, definitions, syntax
from cpt_training.pairs.pair import SourceFile
from cpt_training.pairs.prose import first_sentence, lead

if TYPE_CHECKING:
    from tree_sitter import Node

BODY_CHARACTERS = 3000

_NAMED = re.compile(r"(?:test|Test|Example)(?![a-z])")
_ANNOTATED = re.compile(
    r"@(?:\w+\.)*(?:Test|ParameterizedTest|RepeatedTest)\b|\[(?:\w+\.)*(?:Fact|Theory|Test|TestMethod"
    r"|TestCase)\b|#\[(?:\w+::)*(?:test|rstest|test_case|Test)\b"
)
# Languages whose tests are functions known by name, by annotation, or by both.
_BY_NAME = frozenset(("python", "go", "ruby", "php", "swift", "java", "scala", "lua"))
_BY_ANNOTATION = frozenset(("rust", "java", "kotlin", "c_sharp", "php", "swift", "scala"))
# Where tests may stand in the file that they test.
_INLINE = frozenset(("rust",))

_CALLED = rb"(?:\.(?:only|concurrent|skip))?\s*\(?\s*([\"'`])"
_IT = re.compile(rb"^[ \t]*(?:it|test|specify|scenario)" + _CALLED, re.MULTILINE)
_DESCRIBE = re.compile(
    rb"^[ \t]*(?:RSpec\.)?(?:describe|context|suite|feature)(?:\.only)?\s*\(?\s*[\"'`:A-Z]",
    re.MULTILINE,
)
_DESCRIBED = frozenset(
    ("javascript", "typescript", "tsx", "ruby", "elixir", "lua", "scala", "kotlin")
)
_GTEST = re.compile(
    rb"^(?:TEST|TEST_F|TEST_P|TYPED_TEST)\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)\s*\{", re.MULTILINE
)
_TITLE = re.compile(r"""["'`](.*?)(?<!\\)["'`]""", re.DOTALL)
_AFTER = re.compile(r"^\W*(?:async\b|function\b|do\b|in\b|fn\b|\w+)?[^\n{]*?(?:=>|\bdo\b|\{|\))\s*")
_SUBJECT = re.compile(r"""^[\w.]+\W*?(?:["'`](.+?)["'`]|([A-Z:][\w:.]*))""")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")
_AFFIX = re.compile(
    r"^(?:tests?|Test|Example|it|should)(?=[A-Z_\W])|^tests?(?=[A-Z_0-9])|(?:_?[tT]est)$"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One test.

    Args:
        title: its name in words, or its description.
        about: names of what it may test: its file, its class, the groups around it.
        summary: the first sentence of its docstring, or empty.
        body: its code, outdented, at most `BODY_CHARACTERS`.
    """

    title: str
    about: tuple[str, ...]
    summary: str
    body: str


def words(name: str) -> list[str]:
    """The words of an identifier or a text."""
    return [part for part in _HUMP.split(name) if part]


def _sentence(name: str) -> str:
    """A name's words, in small letters unless an abbreviation."""
    parts = words(name)
    return " ".join(part if part.isupper() and len(part) > 1 else part.lower() for part in parts)


def is_test(definition: Definition, language: str) -> bool:
    """Whether a function is a test, by its name or by what stands above it."""
    if definition.kind not in ("function", "method"):
        return False
    if language in _BY_NAME and _NAMED.match(definition.name):
        return True
    return language in _BY_ANNOTATION and _annotated(definition)


def cases(file: SourceFile) -> Iterator[Case]:
    """The tests of a file of tests, or those among the code where the language has them there."""
    if not file.test and file.language not in _INLINE:
        return
    stem = basename(file.path).split(".")[0]
    for definition in definitions(file):
        if is_test(definition, file.language) and (file.test or _annotated(definition)):
            owner = definition.symbol.removesuffix(definition.name)
            title = _sentence(_AFFIX.sub("", definition.name.strip("`")))
            summary = first_sentence(lead(definition.doc))[0]
            body = definition.body[:BODY_CHARACTERS]
            yield Case(title, (stem, *owner.split(".")), summary, body)
    if file.test and file.language in _DESCRIBED:
        yield from _described(file, stem)
    if file.test and file.language == "cpp":
        yield from _gtest(file, stem)


def _annotated(definition: Definition) -> bool:
    code = definition.code
    head = code[: code.find(definition.signature[:20])] if definition.signature else ""
    # Java's annotations are among the modifiers, inside the definition itself.
    return _ANNOTATED.search(head or code[:300].split("{")[0]) is not None


def _described(file: SourceFile, stem: str) -> Iterator[Case]:
    """Tests that are calls: ``it("does x", () => {})``, ``it "does x" do``, ``test "x" do``."""
    tree = syntax(file)
    if tree is None:
        return
    groups: list[tuple[int, int, str]] = []
    for match in _DESCRIBE.finditer(tree.data):
        node = _call(tree.root, match)
        subject = _SUBJECT.search(_text(node)[:200]) if node else None
        if node is not None and subject is not None:
            label = subject[1] or subject[2].strip(":")
            groups.append((node.start_byte, node.end_byte, label.strip()))
    for match in _IT.finditer(tree.data):
        node = _call(tree.root, match)
        text = _text(node)
        title = _TITLE.search(text)
        if node is None or title is None:
            continue
        around = [label for start, end, label in groups if start < node.start_byte < end]
        body = _inside(text[title.end() :])
        whole = " ".join(" ".join((*around, title[1])).split())
        yield Case(whole, (stem, *around), "", body[:BODY_CHARACTERS])


def _gtest(file: SourceFile, stem: str) -> Iterator[Case]:
    """GoogleTest's macros, which the grammar reads as functions."""
    tree = syntax(file)
    for match in _GTEST.finditer(tree.data) if tree else ():
        node = _call(tree.root, match) if tree else None
        if node is None:
            continue
        body = _inside(_text(node).partition(")")[2])
        suite, name = match[1].decode(), match[2].decode()
        yield Case(_sentence(name), (stem, suite, name), "", body[:BODY_CHARACTERS])


def _call(root: Node, match: re.Match[bytes]) -> Node | None:
    """The whole call or function that begins where a match does."""
    start = match.end() - len(match[0].lstrip())
    node = root.named_descendant_for_byte_range(start, match.end())
    if node is None or node.type in COMMENTS or "string" in node.type or node.start_byte != start:
        return None
    return node


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def _inside(text: str) -> str:
    """The lines of a block without those that open and close it."""
    lines = text.strip().split("\n")
    if len(lines) < 3:
        return _AFTER.sub("", " ".join(line.strip() for line in lines))
    return textwrap.dedent("\n".join(lines[1:-1])).strip()
