"""Texts that every installation has: functions of this library, and what their docstrings say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

_LIBRARY = Path(__file__).resolve().parent.parent


def own_texts(most: int) -> tuple[list[str], list[str]]:
    """At most ``most`` functions with their docstrings, and as many docstrings' first paragraphs.

    They are spread evenly over the library's files, the same in every run.
    """
    found = [pair for path in sorted(_LIBRARY.rglob("*.py")) for pair in _documented(path)]
    step = max(1, len(found) // most)
    chosen = found[::step][:most]
    return [code for code, _ in chosen], [said for _, said in chosen]


def _documented(path: Path) -> Iterator[tuple[str, str]]:
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            said = ast.get_docstring(node)
            code = ast.get_source_segment(source, node)
            if said and code:
                yield code, said.split("\n\n")[0]
