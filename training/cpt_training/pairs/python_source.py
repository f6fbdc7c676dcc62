"""Python source as its syntax tree and lines, and what a docstring says first."""

from __future__ import annotations

import ast
import inspect
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = Function | ast.ClassDef | ast.Module

LEAD_CHARACTERS = 400
DOCUMENT_CHARACTERS = 3000

# Where the prose of a docstring ends: a section, a field list, an example, a directive.
_SECTION = re.compile(
    r"""^\s*(?:
        (?:args|arguments|parameters?|params|keyword\s+arg(?:ument)?s|kwargs|inputs?|outputs?
          |returns?|yields?|raises?|examples?|notes?|references?|see\s+also|attributes?|methods?
          |usage|warnings?|todo|requires|shapes?|side\s+effects)\s*:?\s*$
        |(?:args|arguments|parameters?|returns?|yields?|raises?|examples?)\s*:
        |[:@](?:param|parameter|type|return|returns|rtype|raise|raises|arg|keyword|kwarg
          |ivar|cvar|since|see|note|var|yields?|meta|throws)\b
        |>>>|```|\.\.\s+[\w:-]+::|[-=~^]{4,}\s*$
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_ROLE = re.compile(r":[a-z:]+:`~?([^`<]*?)(?:\s*<[^`]*>)?`|L\{([^}]*)\}|C\{([^}]*)\}")
_BLANK_LINES = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Module:
    """A file that parsed."""

    tree: ast.Module
    lines: Sequence[str]


@lru_cache(maxsize=1)
def parse(source: str) -> Module | None:
    """The file's tree, or None where this interpreter cannot read it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    # As ast counts lines: str.splitlines would also part at form feeds and the like.
    return Module(tree, re.split(r"\r\n|\r|\n", source))


def definitions(module: Module) -> Iterator[Function | ast.ClassDef]:
    """Functions, classes and methods in the file's order, without those inside functions."""
    pending: list[ast.stmt] = module.tree.body[::-1]
    while pending:
        node = pending.pop()
        if isinstance(node, Function):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield node
            pending.extend(reversed(node.body))
        elif isinstance(node, (ast.If, ast.Try)):
            pending.extend(reversed([*node.body, *node.orelse]))


def docstring(node: Documented) -> str:
    """The docstring, outdented, or an empty text."""
    return ast.get_docstring(node, clean=True) or ""


def lead(text: str) -> str:
    """The prose that opens a docstring, at most about 400 characters of whole paragraphs."""
    kept: list[str] = []
    for line in inspect.cleandoc(text).split("\n"):
        if _SECTION.match(line):
            break
        kept.append(line)
    paragraphs = _BLANK_LINES.split(plain("\n".join(kept)).strip())
    opening = paragraphs[0].strip()
    for paragraph in paragraphs[1:]:
        if len(opening) + len(paragraph) > LEAD_CHARACTERS:
            break
        opening += "\n" + paragraph.strip()
    return cut(" ".join(opening.split()), LEAD_CHARACTERS)


def plain(text: str) -> str:
    """Prose without the marks of reStructuredText and epytext around names."""
    text = _ROLE.sub(lambda match: next(filter(None, match.groups()), ""), text)
    return text.replace("``", "").replace("`", "")


def cut(text: str, length: int) -> str:
    """At most ``length`` characters, ending with a whole word."""
    if len(text) <= length:
        return text
    return text[: length + 1].rsplit(None, 1)[0].rstrip()


def code(module: Module, first: int, last: int, without: ast.stmt | None = None) -> str:
    """Lines ``first`` to ``last``, counted from 1, outdented, less one statement."""
    lines = list(module.lines[first - 1 : last])
    if without is not None:
        assert without.end_lineno is not None
        assert without.end_col_offset is not None
        start, end = without.lineno - first, without.end_lineno - first
        # Columns count bytes.
        before = lines[start].encode()[: without.col_offset].decode(errors="ignore")
        after = lines[end].encode()[without.end_col_offset :].decode(errors="ignore").strip(" ;")
        if after.startswith("#"):
            after = ""
        rest = before + after
        lines[start : end + 1] = [rest] if rest.strip() else []
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())] if lines else ""
    outdented = [line.removeprefix(indent).rstrip() for line in lines]
    return "\n".join(line for i, line in enumerate(outdented) if line or i).strip("\n")


def first_line(node: Function | ast.ClassDef) -> int:
    """The line where a definition begins, its decorators included."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
