"""A function's docstring and its implementation without it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cpt_training.pairs import python_source as python
from cpt_training.pairs.pair import Pair

KIND = "docstring_code"
MINIMUM_LINES = 3
_WORTHY_DUNDERS = ("__init__", "__call__")


def mine(source: str) -> Iterator[Pair]:
    """Yield documented functions and methods that do something."""
    module = python.parse(source)
    if module is None:
        return
    for node in python.definitions(module):
        if isinstance(node, ast.ClassDef) or not _worthy(node):
            continue
        query = python.lead(python.docstring(node))
        if not query:
            continue
        assert node.end_lineno is not None
        document = python.code(module, python.first_line(node), node.end_lineno, node.body[0])
        lines = (line.strip() for line in document.split("\n"))
        if sum(bool(line) and line[0] != "#" for line in lines) >= MINIMUM_LINES:
            yield Pair(KIND, query, document[: python.DOCUMENT_CHARACTERS].rstrip())


def _worthy(node: python.Function) -> bool:
    name = node.name
    if name.startswith(("test_", "__")) and name not in _WORTHY_DUNDERS:
        return False
    decorators = {_last_name(decorator) for decorator in node.decorator_list}
    return "overload" not in decorators and not all(_idle(step) for step in node.body[1:])


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _idle(step: ast.stmt) -> bool:
    """Whether a statement stands only for an implementation that is elsewhere."""
    if isinstance(step, ast.Pass):
        return True
    if isinstance(step, ast.Expr):
        return isinstance(step.value, ast.Constant)
    if isinstance(step, ast.Raise) and step.exc is not None:
        return _last_name(step.exc) == "NotImplementedError"
    return False
