"""Which names of a function can be replaced without a change of meaning, and by what."""

from __future__ import annotations

import itertools
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cpt_training.pairs.code.anatomy import source_of
from cpt_training.pairs.code.definitions import Definition
from cpt_training.pairs.code.parameters import parameter_names, parameters
from cpt_training.pairs.variants.dialects import Dialect

if TYPE_CHECKING:
    from tree_sitter import Node

Replacements = Mapping[int, bytes]
"""New text of leaves by their first byte."""

_NAMES = "value item entry result data node part state index total current target source left right"
_MORE = "first last count buffer record field output found element limit base offset piece extra"
_POOL = tuple(f"{_NAMES} {_MORE}".split())
_VERBS = ("handle", "process", "perform", "apply", "compute", "resolve", "evaluate", "execute")
_VARIABLES = frozenset({"identifier", "variable_name"})
# ``{x}`` in JavaScript names a property as well as a variable; ``T x(y);`` in C++ may be a variable
# that begins as ``y``, and is read as a function that takes a ``y``.
_BARRED = re.compile(r"shorthand_|type_identifier")
_PATTERNS = frozenset(
    (
        *("pattern_list", "tuple_pattern", "list_pattern", "as_pattern_target", "expression_list"),
        *("pointer_declarator", "reference_declarator", "init_declarator", "array_declarator"),
    )
)
_CLOSURES = re.compile(
    r"lambda|closure|func_literal|arrow_function|anonymous_function|function_expression"
    r"|function_definition|function_declaration|function_item"
)
_PREDEFINED = frozenset({"self", "cls", "this", "super", "$this", "_", "$_", "arguments"})
_SPECIAL = re.compile(r"__|construct|init|main$|operator|new$")


def replacements(definition: Definition, dialect: Dialect, seed: str) -> Replacements | None:
    """New names for parameters, locals and the function itself, the same for the same seed.

    None where the function does what makes names matter (``eval``, ``locals()``), or has none.
    """
    leaves = list(_leaves(definition.node))
    texts = [source_of(leaf) for leaf in leaves]
    if any(text in dialect.names for text in texts):
        return None
    occurring: dict[str, list[Node]] = defaultdict(list)
    barred = {*_PREDEFINED, *_in_defaults(definition.node)}
    for leaf, text in zip(leaves, texts, strict=True):
        if _BARRED.match(leaf.type) or _in_macro(leaf) or _is_key(leaf):
            barred.add(text)
        elif leaf.type in _VARIABLES and not _is_foreign(leaf, dialect):
            occurring[text].append(leaf)
    names = [name for name in _bound(definition, dialect, occurring) if name not in barred]
    taken = {text.lstrip("$") for text in texts}
    draw = random.Random(seed)  # noqa: S311  (a choice to repeat, not a secret)
    fresh = _fresh(len(names), taken, draw)
    found = {
        leaf.start_byte: _spelled(new, name)
        for name, new in zip(names, fresh, strict=True)
        for leaf in occurring[name]
    }
    return {**found, **_own_name(definition, leaves, texts, taken, draw)}


def _leaves(node: Node) -> Iterator[Node]:
    pending = [node]
    while pending:
        inner = pending.pop()
        if not inner.child_count or inner.type in _VARIABLES:
            yield inner
        else:
            pending.extend(reversed(inner.children))


def telling(node: Node, dialect: Dialect) -> bool:
    """Whether a node of a type in whose presence nothing is rewritten stands in the function."""
    pending = [node]
    while pending:
        inner = pending.pop()
        if inner.type in dialect.nodes:
            return True
        pending.extend(inner.children)
    return False


def _bound(
    definition: Definition, dialect: Dialect, occurring: Mapping[str, Sequence[Node]]
) -> list[str]:
    """Parameters, and locals all of whose occurrences are in the scope of one, in order."""
    sigil = "$" if any(name.startswith("$") for name in occurring) else ""
    given = {f"{sigil}{name}" for name in parameter_names(definition.node) or ()}
    scopes: dict[str, list[tuple[int, int]]] = defaultdict(list)
    first: dict[str, int] = {}
    for name in _binders(definition.node, dialect):
        text = source_of(name)
        scopes[text].append(_scope(name, definition.node, dialect))
        first[text] = min(first.get(text, name.start_byte), name.start_byte)
    found = []
    for text, places in occurring.items():
        # What is read before it is bound, or outside of where it is, is something else.
        local = text in first and first[text] <= places[0].start_byte
        inside = local and all(
            any(start <= place.start_byte < end for start, end in scopes[text]) for place in places
        )
        if text in given or inside:
            found.append(text)
    return [text for text in found if text.lstrip("$").strip("_") and not text.isupper()]


def _binders(node: Node, dialect: Dialect) -> Iterator[Node]:
    """The names that statements of the function bind, not those of functions inside it."""
    pending = list(node.children)
    while pending:
        inner = pending.pop()
        for field in dialect.bindings.get(inner.type, ()):
            for bound in inner.children_by_field_name(field):
                yield from _in_pattern(bound)
        if not (_CLOSURES.search(inner.type) and inner.child_by_field_name("body")) or (
            inner.parent == node
        ):
            pending.extend(inner.children)


def _in_pattern(node: Node) -> Iterator[Node]:
    if node.type in _VARIABLES:
        yield node
    elif node.type in _PATTERNS:
        declared = node.child_by_field_name("declarator")
        for child in [declared] if declared else node.named_children:
            yield from _in_pattern(child)


def _scope(name: Node, function: Node, dialect: Dialect) -> tuple[int, int]:
    above = name.parent
    while above is not None and above != function and above.type not in dialect.scopes:
        above = above.parent
    scope = above if above is not None else function
    return scope.start_byte, scope.end_byte


def _is_foreign(leaf: Node, dialect: Dialect) -> bool:
    parent = leaf.parent
    if parent is None:
        return False
    for rule in dialect.foreign:
        type_, _, field = rule.partition(".")
        if parent.type == type_ and (not field or parent.child_by_field_name(field) == leaf):
            return True
    return False


def _in_macro(leaf: Node) -> bool:
    """In Rust, what a macro does with a name cannot be told."""
    return leaf.parent is not None and leaf.parent.type == "token_tree"


def _is_key(leaf: Node) -> bool:
    """In Go, ``T{x: 1}`` may name a field, or a variable that is the key of a map."""
    element = leaf.parent
    keyed = element.parent if element is not None else None
    return keyed is not None and keyed.type == "keyed_element" and keyed.child(0) == element


def _in_defaults(node: Node) -> set[str]:
    """Names that the parameters hold twice: a default value is read outside of the function."""
    texts = [
        source_of(leaf)
        for parameter in parameters(node) or ()
        for leaf in _leaves(parameter)
        if leaf.type in _VARIABLES
    ]
    return {text for text in texts if texts.count(text) > 1}


def _fresh(count: int, taken: set[str], draw: random.Random) -> list[str]:
    pool = [name for name in _POOL if name not in taken]
    draw.shuffle(pool)
    more = (f"{name}{number}" for number in itertools.count(2) for name in _POOL)
    unused = itertools.chain(pool, (name for name in more if name not in taken))
    return list(itertools.islice(unused, count))


def _own_name(
    definition: Definition,
    leaves: Sequence[Node],
    texts: Sequence[str],
    taken: set[str],
    draw: random.Random,
) -> dict[int, bytes]:
    """A new name for the function, unless it has its name from elsewhere or calls itself."""
    places = [leaf for leaf, text in zip(leaves, texts, strict=True) if text == definition.name]
    owner = definition.symbol.split(".")[-2:-1]
    if len(places) != 1 or _SPECIAL.search(definition.name) or owner == [definition.name]:
        return {}
    verbs = [verb for verb in _VERBS if verb not in taken]
    if not verbs or not places[0].type.endswith(("identifier", "name")):
        return {}
    verb = draw.choice(verbs)
    return {places[0].start_byte: _spelled(verb, definition.name)}


def _spelled(new: str, old: str) -> bytes:
    """Go tells by a capital what a package shows; PHP tells a variable by its sigil."""
    word = new.capitalize() if old[:1].isupper() else new
    return (f"${word}" if old.startswith("$") else word).encode()
