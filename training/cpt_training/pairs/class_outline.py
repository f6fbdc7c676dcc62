"""What the documentation of a class says, and the class's outline: header and members."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from cpt_training.pairs.code.anatomy import body_of, holder
from cpt_training.pairs.code.definitions import Definition, definitions
from cpt_training.pairs.pair import Pair, SourceFile
from cpt_training.pairs.prose import cut_lines, lead

KIND = "class_outline"
MINIMUM_MEMBERS = 3
_KINDS = frozenset({"class", "struct", "interface", "trait", "object", "module"})
_MEMBERS = frozenset({"function", "method"})
_FIELDS = frozenset(
    {
        "container_field",
        "field_declaration",
        "field_definition",
        "property_declaration",
        "property_signature",
        "public_field_definition",
    }
)
_FIELD_CHARACTERS = 120


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield documented types with a few members."""
    if file.test:
        return
    found = definitions(file)
    members: dict[str, list[Definition]] = defaultdict(list)
    for definition in found:
        # Methods in Go and in Rust's ``impl`` are known by their symbol alone.
        if definition.kind in _MEMBERS and "." in definition.symbol:
            members[definition.symbol.rpartition(".")[0]].append(definition)
    for definition in found:
        if definition.kind not in _KINDS or not definition.doc or _is_test(definition.name):
            continue
        query = lead(definition.doc)
        methods = members[definition.symbol]
        lines = list(dict.fromkeys([*_fields(definition, methods), *_signatures(methods)]))
        if query and len(lines) >= MINIMUM_MEMBERS:
            yield Pair(KIND, file.language, query, _outline(definition.signature, lines))


def _is_test(name: str) -> bool:
    return name.startswith("Test") or name.endswith(("Test", "Tests", "TestCase"))


def _outline(header: str, members: Iterable[str]) -> str:
    indented = (f"    {line}" for text in members for line in text.split("\n"))
    return cut_lines("\n".join([header, *indented]))


def _signatures(methods: Iterable[Definition]) -> Iterator[str]:
    return (method.signature for method in methods)


def _fields(definition: Definition, methods: Iterable[Definition]) -> Iterator[str]:
    """Fields that a line holds, as written."""
    known = {method.node.start_byte for method in methods}
    body = body_of(holder(definition.node))
    for child in body.named_children if body else ():
        if child.type in _FIELDS and child.start_byte not in known and child.text:
            line = " ".join(child.text.decode("utf-8", "replace").split())
            if len(line) <= _FIELD_CHARACTERS:
                yield line.rstrip(";,")
