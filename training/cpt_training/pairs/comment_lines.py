"""A comment inside a function and the statements below it, which it explains."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cpt_rag.chunking.languages import COMMENTS
from cpt_rag.chunking.syntax import Syntax
from cpt_training.pairs.code.definitions import syntax
from cpt_training.pairs.code.enclosing import function_around
from cpt_training.pairs.pair import Pair, SourceFile
from cpt_training.pairs.prose import LEAD_CHARACTERS, cut

if TYPE_CHECKING:
    from tree_sitter import Node

KIND = "comment_lines"
MINIMUM_WORDS = 4
MINIMUM_CHARACTERS = 40
MOST_LINES = 25

_SLASHES = "javascript typescript tsx java go rust c cpp c_sharp kotlin scala swift zig"
_MARKS = {
    **dict.fromkeys(_SLASHES.split(), rb"//|/\*"),
    **dict.fromkeys(("python", "ruby", "bash", "elixir"), rb"#"),
    **dict.fromkeys(("lua", "haskell"), rb"--(?!\[)"),
    "php": rb"//|/\*|#(?!\[)",
}
_OWN_LINE = {
    language: re.compile(rb"^[ \t]+(" + mark + rb")", re.MULTILINE)
    for language, mark in _MARKS.items()
}

_OPENING = re.compile(r"^\s*(?:/\*+!?|//+!?|#+|--+|\*+(?!/)(?=\s|$))\s?")
_CLOSING = re.compile(r"\s*\*+/\s*$")
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]+")
_RULER = re.compile(r"[-=*#~+_/\\]{3,}")
# What a comment says to a tool, to a lawyer or to the next author, and not about the code.
_ASIDE = re.compile(
    r"\b(?:TODO|FIXME|XXX|HACK|BUG|REVIEW)\b|^@|^\W*(?i:todo|fixme|hack)\b"
    r"|\b(?i:noqa|noinspection|nolint|nosec|nosonar|istanbul|prettier-|clang-|eslint-|tslint:"
    r"|jshint|pylint:|pyright:|pyre-|mypy:|flake8|pragma|rubocop:|phpcs:|phpstan|psalm|shellcheck"
    r"|coverage:|type: ?ignore|fmt: ?o|yapf:|isort:|endregion|copyright|licen[cs]ed under)"
)
_CODE = re.compile(
    r"""[;{}\\]\s*$ | (?:=>|->|&&|\|\||[,(\[=+])\s*$ | ^[)\]}] | ==|!=|::\w+\(
    | ^[\w.$\[\]'"*&>-]+\s*(?:[-+*/|&.:]|<<)?=(?!=)\s*\S
    | ^(?:let|var|const|auto|val|local|my|def|func|fn|public|private|static|final)\s+\w+\s*[=(:<]
    | ^(?:import|from|using|require|include|package)\s+[\w.:"'{]+(?:\s+import\b.*)?$
    | ^(?:if|elif|while|for|switch|foreach)\s*\(.*\)\s*\S*$ | ^(?:if|elif|for|while)\b.*:\s*$
    | ^(?:return|throw|raise|yield|await|echo|print)\b\s*(?:new\s+)?[\w.$>-]*[(\[$]
    | ^[\w.$:>!@-]+\(.*\)[;,]?$ | ^</?\w[^>]*>\s*$ | ^[$@]\w+""",
    re.VERBOSE,
)
_CLOSER = re.compile(
    r"\s*(?:[)\]}]|end\b|else\b|elif\b|except\b|catch\b|finally\b|rescue\b|fi\b|done\b)"
)


@dataclass(slots=True)
class _Comment:
    """Lines of comment that stand together; rows are counted from 0."""

    start: int
    column: int
    last_row: int
    lines: list[str]


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield comments that explain the lines below them in the body of a function."""
    if file.test or file.language not in _MARKS:
        return
    tree = syntax(file)
    if tree is None:
        return
    lines = [line.decode("utf-8", "replace").rstrip() for line in tree.data.split(b"\n")]
    mark = re.compile(_MARKS[file.language].decode())
    for comment in _comments(tree, _OWN_LINE[file.language]):
        query = _explanation(comment.lines)
        if not query or function_around(file, comment.start) is None:
            continue
        document = _explained(lines, comment.last_row + 1, mark)
        if document:
            yield Pair(KIND, file.language, query, document)


def _comments(tree: Syntax, pattern: re.Pattern[bytes]) -> Iterator[_Comment]:
    """Comments on lines of their own, consecutive ones as one."""
    above: _Comment | None = None
    for match in pattern.finditer(tree.data):
        node = _comment_at(tree, match.start(1))
        if node is None:
            continue
        # Some grammars count the end of the line to the comment.
        lines = (node.text or b"").decode("utf-8", "replace").rstrip().split("\n")
        row, column = node.start_point
        if above is not None and (row, column) == (above.last_row + 1, above.column):
            above.last_row += len(lines)
            above.lines.extend(lines)
            continue
        if above is not None:
            yield above
        above = _Comment(node.start_byte, column, row + len(lines) - 1, lines)
    if above is not None:
        yield above


def _comment_at(tree: Syntax, start: int) -> Node | None:
    """The comment that begins at a byte; none where the mark stands in a string."""
    node = tree.root.named_descendant_for_byte_range(start, start + 1)
    while node is not None and node.type not in COMMENTS and node.start_byte == start:
        node = node.parent
    return node if node is not None and node.start_byte == start else None


def _explanation(lines: Sequence[str]) -> str:
    """What a comment says, empty where it explains no code."""
    texts = [_CLOSING.sub("", _OPENING.sub("", line)).strip() for line in lines]
    said = [text for text in texts if text]
    text = " ".join(said)
    if len(_WORD.findall(text)) < MINIMUM_WORDS or _ASIDE.search(text) or _RULER.search(text):
        return ""
    # Prose may quote a line of code; code commented out has little prose.
    if 3 * sum(_CODE.search(line) is not None for line in said) >= len(said):
        return ""
    return cut(" ".join(text.split()), LEAD_CHARACTERS)


def _explained(lines: Sequence[str], first: int, mark: re.Pattern[str]) -> str:
    """The statements from a row on, to a blank line or comment between them or the block's end."""
    if first >= len(lines) or not lines[first]:
        return ""
    depth = _indent(lines[first])
    last = first
    for row in range(first, min(len(lines), first + MOST_LINES)):
        line = lines[row]
        if not line:
            continue
        if _indent(line) < depth:
            break
        if row > first and _indent(line) == depth:
            apart = not lines[row - 1] and not _CLOSER.match(line)
            if apart or mark.match(line.lstrip()):
                break
        last = row
    document = textwrap.dedent("\n".join(lines[first : last + 1])).rstrip()
    if document[:1].isspace():  # tabs and spaces mixed: only columns tell the indentation
        document = textwrap.dedent(document.expandtabs(8))
    return document if len(document) >= MINIMUM_CHARACTERS else ""


def _indent(line: str) -> int:
    expanded = line.expandtabs(8)
    return len(expanded) - len(expanded.lstrip())
