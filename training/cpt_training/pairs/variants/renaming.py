"""Which names of a function can be replaced without a change of meaning, and by what."""

from __future__ import annotations

import itertools
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cpt_training.pairs.code.anatomy import holder, source_of
from cpt_training.pairs.code.definitions import Definition
from cpt_training.pairs.code.parameters import parameter_names, parameters
from cpt_training.pairs.variants.dialects import Dialect
from cpt_training.pairs.variants.shapes import all_of

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
_WORD = re.compile(r"\w+")
# Of a parameter that is a property of the object too.
_PROPERTY = re.compile(r"accessibility_modifier|visibility_modifier|readonly")
# These bind a name or give a value to one that is bound elsewhere.
_LOOPS = frozenset({"for_in_statement", "range_clause"})
_DECLARING = frozenset({"const", "let", "var", ":="})
_CLOSURES = re.compile(
    r"lambda|closure|func_literal|arrow_function|anonymous_function|function_expression"
    r"|function_definition|function_declaration|function_item"
)
_PREDEFINED = frozenset({"self", "cls", "this", "super", "$this", "_", "$_", "arguments"})
_SPECIAL = re.compile(r"__|construct|init|main$|operator|new$")


def replacements(definition: Definition, dialect: Dialect, seed: str) -> Replacements | None:
    """New names for parameters, locals and the function itself, the same for the same seed.

    None where the function does what makes names matter (``eval``, ``f"{name=}"``).
    """
    leaves = list(_leaves(definition.node))
    texts = [source_of(leaf) for leaf in leaves]
    nodes = all_of(definition.node)
    if not dialect.names.isdisjoint(texts):
        return None
    if any(node.type in dialect.nodes or _prints_name(node) for node in nodes):
        return None
    occurring: dict[str, list[Node]] = defaultdict(list)
    barred = {*_PREDEFINED, definition.name}
    barred.update(_in_header(definition.node), _in_calls(nodes), _in_macros(nodes))
    for leaf, text in zip(leaves, texts, strict=True):
        if _BARRED.match(leaf.type) or _is_key(leaf):
            barred.add(text)
        elif leaf.type in _VARIABLES and not _is_foreign(leaf, dialect):
            occurring[text].append(leaf)
    names = [name for name in _bound(definition, dialect, occurring) if name not in barred]
    # In lower case: ``Item`` takes the place of ``Name``, and may be a type as well.
    taken = {text.lstrip("$").lower() for text in texts}
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


def _prints_name(node: Node) -> bool:
    """In Python ``f"{name=}"`` prints the name."""
    return node.type == "interpolation" and any(child.type == "=" for child in node.children)


def _bound(
    definition: Definition, dialect: Dialect, occurring: Mapping[str, Sequence[Node]]
) -> list[str]:
    """Parameters, and locals all of whose occurrences are in the scope of one, in order."""
    sigil = "$" if any(name.startswith("$") for name in occurring) else ""
    given = {f"{sigil}{name}" for name in parameter_names(definition.node) or ()}
    scopes: dict[str, list[range]] = defaultdict(list)
    for name, binding in _binders(definition.node, dialect):
        place = range(name.start_byte, name.end_byte)
        scopes[source_of(name)] += [place, _scope(name, binding, definition.node, dialect)]
    found = []
    for text, places in occurring.items():
        # What is read before it is bound, or outside of where it is, is something else.
        inside = all(any(place.start_byte in scope for scope in scopes[text]) for place in places)
        if text in given or inside:
            found.append(text)
    return [text for text in found if text.lstrip("$").strip("_") and not text.isupper()]


def _binders(node: Node, dialect: Dialect) -> Iterator[tuple[Node, Node]]:
    """The names that the function binds with what binds each, not those of functions inside it."""
    pending = list(holder(node).children)
    while pending:
        inner = pending.pop()
        for field in dialect.bindings.get(inner.type, ()) if _declares(inner) else ():
            for bound in inner.children_by_field_name(field):
                for name in _in_pattern(bound):
                    yield name, inner
        if not (_CLOSURES.search(inner.type) and inner.child_by_field_name("body")):
            pending.extend(inner.children)


def _declares(binding: Node) -> bool:
    """Whether its names are its own, not those of what is bound outside of the function."""
    words = {source_of(child) for child in binding.children}
    if binding.type in _LOOPS:
        return not words.isdisjoint(_DECLARING)
    return "extern" not in words


def _in_pattern(node: Node) -> Iterator[Node]:
    if node.type in _VARIABLES:
        yield node
    elif node.type in _PATTERNS:
        declared = node.child_by_field_name("declarator")
        for child in [declared] if declared else node.named_children:
            yield from _in_pattern(child)


def _scope(name: Node, binding: Node, function: Node, dialect: Dialect) -> range:
    """The bytes from where a name is bound to the end of the scope that it is bound in."""
    above = name.parent
    while above is not None and above != function and above.type not in dialect.scopes:
        above = above.parent
    start = name.start_byte
    if binding.type in dialect.late:
        body = binding.child_by_field_name("body")
        start = body.start_byte if body else binding.end_byte
    return range(start, (above or function).end_byte)


def _is_foreign(leaf: Node, dialect: Dialect) -> bool:
    parent = leaf.parent
    if parent is None:
        return False
    for rule in dialect.foreign:
        type_, _, field = rule.partition(".")
        if parent.type == type_ and (not field or parent.child_by_field_name(field) == leaf):
            return True
    return False


def _is_key(leaf: Node) -> bool:
    """In Go, ``T{x: 1}`` may name a field, or a variable that is the key of a map."""
    element = leaf.parent
    keyed = element.parent if element is not None else None
    return keyed is not None and keyed.type == "keyed_element" and keyed.child(0) == element


def _in_header(node: Node) -> set[str]:
    """Names that the header has for more than a parameter: in a default value, for a property."""
    texts: list[str] = []
    for parameter in parameters(node) or ():
        property_ = any(_PROPERTY.match(child.type) for child in parameter.children)
        texts += _variables(parameter) * (2 if property_ else 1)
    returned = holder(node).child_by_field_name("return_type")
    of_type = _variables(returned) if returned else []
    return {text for text in texts if texts.count(text) > 1}.union(of_type)


def _in_calls(nodes: Sequence[Node]) -> Iterator[str]:
    """In Python, names by which the function itself or one inside it is given arguments."""
    functions = {
        source_of(node.child_by_field_name("name"))
        for node in nodes
        if node.type == "function_definition"
    }
    for node in nodes:
        call = node.parent.parent if node.parent and node.type == "keyword_argument" else None
        if call and not functions.isdisjoint(_variables(call)):
            yield source_of(node.child_by_field_name("name"))


def _in_macros(nodes: Sequence[Node]) -> Iterator[str]:
    """In Rust, what a macro does with a name, or with one in a text, cannot be told."""
    for node in nodes:
        if node.type == "macro_invocation":
            yield from _WORD.findall(source_of(node))


def _variables(node: Node) -> list[str]:
    return [source_of(leaf) for leaf in _leaves(node) if leaf.type in _VARIABLES]


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
