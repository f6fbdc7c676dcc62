"""A class's docstring and its outline: the header and the signatures of its methods."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cpt_training.pairs import python_source as python
from cpt_training.pairs.pair import Pair

KIND = "class_outline"
MINIMUM_METHODS = 3


def mine(source: str) -> Iterator[Pair]:
    """Yield documented classes with a few methods."""
    module = python.parse(source)
    if module is None:
        return
    for node in python.definitions(module):
        if not isinstance(node, ast.ClassDef) or node.name.startswith("Test"):
            continue
        query = python.lead(python.docstring(node))
        methods = [step for step in node.body if isinstance(step, python.Function)]
        if not query or len(methods) < MINIMUM_METHODS:
            continue
        signatures = (_header(module, method) for method in methods)
        indented = (f"    {line}" for text in signatures for line in text.split("\n"))
        document = "\n".join([_header(module, node), *indented])
        yield Pair(KIND, query, document[: python.DOCUMENT_CHARACTERS].rstrip())


def _header(module: python.Module, node: python.Function | ast.ClassDef) -> str:
    """The definition without its body."""
    last = max(node.lineno, min(step.lineno for step in node.body) - 1)
    lines = python.code(module, node.lineno, last).split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return "\n".join(lines)
