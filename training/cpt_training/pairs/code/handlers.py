"""From the place of a help text to the code that handles the command, one way for each habit."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

from cpt_rag.chunking.languages import CONTAINERS
from cpt_training.pairs.code.definitions import definitions
from cpt_training.pairs.code.enclosing import function_around
from cpt_training.pairs.pair import SourceFile

if TYPE_CHECKING:
    from tree_sitter import Node

Resolver = Callable[[SourceFile, "Node"], str]
"""The code for the help at a node, empty where there is none."""

# What frameworks call the method that does a command's work, the most telling first.
_METHODS = ("handle", "execute", "handler", "run", "call", "take_action", "invoke")
_HELPED = re.compile(
    rb"(?:^|\.)(?:add_argument|add_option|add_parser|ArgumentParser|OptionParser|add_subparsers"
    rb"|add_argument_group|add_typer|Typer|command|group|callback|option|argument|Option|Argument)$"
)
_SUBCOMMAND = re.compile(r"\badd_parser\(")
_SET_DEFAULTS = re.compile(r"set_defaults\([^()]*?=\s*(?:\w+\.)*(\w+)\s*[,)]")
_ACTION = re.compile(r"\.(?:action|handler)\(\s*(?:async\s+)?(\w+)?")
_CALLED = re.compile(r"\b([A-Za-z_]\w*)\(")
_RUNS = re.compile(r"\b(?:Run|RunE|Action|PreRunE?)\s*:\s*(\w+)?")
_HANDLES = re.compile(r"\b(?:handler|action|run|execute|setup)\b\s*[:(=]|=>|\bfunction\b")
_MOST_SIBLINGS = 8


def of_function(file: SourceFile, node: Node) -> str:
    """The function where the help stands."""
    function = function_around(file, node.start_byte)
    # Go's ``init`` registers flags and uses none.
    return function.code if function and function.name != "init" else ""


def of_python_call(file: SourceFile, node: Node) -> str:
    """For a keyword of argparse, optparse, click or typer: the function decorated or around it.

    A sub-command of argparse is handled by the function that its ``set_defaults`` names.
    """
    call = node.parent.parent if node.parent is not None else None
    called = call.child_by_field_name("function") if call is not None else None
    if call is None or called is None or not _HELPED.search(called.text or b""):
        return ""
    around = of_function(file, node)
    if (called.text or b"").endswith(b"add_parser"):
        at = around.find((node.text or b"").decode("utf-8", "replace").split("\n")[0])
        following = _SUBCOMMAND.split(around[at:])[0] if at >= 0 else ""
        names = _SET_DEFAULTS.findall(following)
        return (_function_named(file, names[-1]) if names else "") or around
    return around


def of_class(file: SourceFile, node: Node) -> str:
    """The method that does the work of the class around the help, or below it."""
    found = definitions(file)
    inside = [one for one in found if one.kind in CONTAINERS and _holds(one.node, node)]
    if not inside:
        return ""
    owner = inside[-1].symbol
    methods = {one.name: one for one in found if one.symbol == f"{owner}.{one.name}"}
    return next((methods[name].code for name in _METHODS if name in methods), "")


def of_literal(file: SourceFile, node: Node) -> str:
    """For a field of Go's ``cobra.Command``: the function it runs, or the literal itself."""
    literal = _up(node, "composite_literal")
    text = _text(literal)
    run = _RUNS.search(text)
    if run is None:
        return ""
    names = [run[1]] if run[1] and run[1] != "func" else _CALLED.findall(text, run.end())
    handled = (_function_named(file, name) for name in reversed(names))
    return next(filter(None, handled), text)


def of_chain(file: SourceFile, node: Node) -> str:
    """For a call in ``program.command().description().action()``: the action."""
    top = node
    while top.parent is not None and top.parent.type in ("member_expression", "call_expression"):
        top = top.parent
    text = _text(top)
    action = _ACTION.search(text)
    if action is None:
        return ""
    return (_function_named(file, action[1]) if action[1] else "") or text


def of_call(_file: SourceFile, node: Node) -> str:
    """A call that is given the handler as a function."""
    text = _text(node)
    return text if "=>" in text or "function" in text else ""


def of_object(file: SourceFile, node: Node) -> str:
    """For a property: the object with a handler; for ``exports.describe``: ``exports.handler``."""
    owner = _up(node, "object")
    if owner is None:
        return _function_named(file, "handler")
    text = _text(owner)
    return text if _HANDLES.search(text) else ""


def of_next(_file: SourceFile, node: Node) -> str:
    """The method or the task below, as in Thor and Rake."""
    below = node.next_named_sibling
    for _ in range(_MOST_SIBLINGS):
        if below is None or below.type == "method":
            break
        if below.type == "call" and below.child_by_field_name("block") is not None:
            break
        below = below.next_named_sibling
    return _text(below)


def _function_named(file: SourceFile, name: str) -> str:
    named = (one for one in definitions(file) if one.name == name and one.kind not in CONTAINERS)
    return next((one.code for one in named if one.body), "")


def _holds(outer: Node, inner: Node) -> bool:
    # A class's attributes (``#[AsCommand]``, ``@Command``) are inside its node.
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte


def _up(node: Node, type_: str) -> Node | None:
    above: Node | None = node
    while above is not None and above.type != type_:
        above = above.parent
    return above


def _text(node: Node | None) -> str:
    """A node's source, outdented by what its last line is indented."""
    text = (node.text or b"").decode("utf-8", "replace") if node is not None else ""
    first, newline, rest = text.partition("\n")
    return f"{first}{newline}{textwrap.dedent(rest)}"
