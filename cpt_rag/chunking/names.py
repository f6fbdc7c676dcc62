"""What a syntax node defines and under which name, one rule for each family of languages.

A rule takes a node and the kind that the language's table gives its type, and answers
(kind, name), or None where this node defines nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

Definition = tuple[str, str]
Rule = Callable[["Node", str], "Definition | None"]

_GENERIC = re.compile(r"<[^<>]*>")
_SPACE = re.compile(r"\s+")
_MODULE_EXPORTS = re.compile(r"^(module\.)?exports\.(?=.)|\bprototype\.")


def text_of(node: Node | None) -> str:
    """A node's source on one line."""
    raw = None if node is None else node.text
    return _SPACE.sub(" ", raw.decode("utf-8", "replace")).strip() if raw else ""


def dotted(name: str) -> str:
    """A qualified name, its parts joined by dots and its type arguments left out."""
    while (bare := _GENERIC.sub("", name)) != name:
        name = bare
    return name.replace("::", ".").replace("\\", ".").replace(" ", "").strip(".")


def by_name(node: Node, kind: str) -> Definition | None:
    """The grammar's own ``name`` field."""
    name = dotted(text_of(node.child_by_field_name("name")))
    return (kind, name) if name else None


def _child(node: Node, *types: str) -> Node | None:
    return next((child for child in node.named_children if child.type in types), None)


def _has(node: Node, token: str) -> bool:
    return any(child.type == token for child in node.children)


def ecmascript(node: Node, kind: str) -> Definition | None:
    """JavaScript and TypeScript: a function has the name of what it is assigned to."""
    if node.type in ("lexical_declaration", "variable_declaration"):
        declarators = [c for c in node.named_children if c.type == "variable_declarator"]
        found = (_assigned(c, "name", "value", kind) for c in declarators)
        return next((one for one in found if one), None)
    if node.type == "assignment_expression":
        return _assigned(node, "left", "right", kind)
    if node.type == "pair":
        return _assigned(node, "key", "value", kind)
    if node.type in ("field_definition", "public_field_definition"):
        label = "property" if node.type == "field_definition" else "name"
        return _assigned(node, label, "value", kind)
    name = text_of(node.child_by_field_name("name")).strip("\"'")
    if not name and node.parent and node.parent.type == "export_statement":
        name = "default"
    return (kind, name) if name else None


def _assigned(node: Node, name: str, value: str, kind: str) -> Definition | None:
    right = node.child_by_field_name(value)
    if right is None:
        return None
    if right.type == "class":
        kind = "class"
    elif right.type not in (
        "arrow_function",
        "function_expression",
        "generator_function",
        "function_definition",
    ):
        return None
    label = _MODULE_EXPORTS.sub("", text_of(node.child_by_field_name(name))).strip("\"'")
    return (kind, label) if label else None


def go(node: Node, kind: str) -> Definition | None:
    """Go: methods belong to their receiver's type; a type declaration is what its first type is."""
    if node.type == "method_declaration":
        receiver = text_of(node.child_by_field_name("receiver")).strip("()")
        owner = receiver.split("[")[0].split(" ")[-1].lstrip("*")
        return kind, f"{owner}.{text_of(node.child_by_field_name('name'))}"
    if node.type != "type_declaration":
        return by_name(node, kind)
    spec = _child(node, "type_spec", "type_alias")
    if spec is None:
        return None
    of = spec.child_by_field_name("type")
    kinds = {"struct_type": "struct", "interface_type": "interface"}
    return by_name(spec, kinds.get(of.type if of else "", kind))


def rust(node: Node, kind: str) -> Definition | None:
    """Rust: an ``impl`` has the name of its type."""
    if node.type == "impl_item":
        return kind, dotted(text_of(node.child_by_field_name("type")))
    if node.type == "mod_item" and node.child_by_field_name("body") is None:
        return None
    return by_name(node, kind)


def php(node: Node, kind: str) -> Definition | None:
    """PHP: a namespace without braces encloses nothing."""
    if node.type == "namespace_definition" and node.child_by_field_name("body") is None:
        return None
    return by_name(node, kind)


_C_TYPES = {
    "struct_specifier": "struct",
    "union_specifier": "struct",
    "class_specifier": "class",
    "enum_specifier": "enum",
}


def c_family(node: Node, kind: str) -> Definition | None:
    """C and C++: the name lies at the end of a chain of declarators."""
    if node.type in _C_TYPES:
        return by_name(node, kind) if node.child_by_field_name("body") else None
    if node.type == "type_definition":
        return _typedef(node)
    if node.type == "declaration":
        return _lambda(node, kind)
    if node.type != "function_definition":
        return by_name(node, kind)
    name = _declared(node)
    return ("method" if "." in name else kind, name) if name else None


def _typedef(node: Node) -> Definition | None:
    of = node.child_by_field_name("type")
    if of is None or of.type not in _C_TYPES or of.child_by_field_name("body") is None:
        return None
    return _C_TYPES[of.type], text_of(node.child_by_field_name("declarator"))


def _lambda(node: Node, kind: str) -> Definition | None:
    of = node.child_by_field_name("declarator")
    value = of.child_by_field_name("value") if of else None
    if of is None or value is None or value.type != "lambda_expression":
        return None
    return kind, text_of(of.child_by_field_name("declarator"))


def _declared(node: Node) -> str:
    inner: Node | None = node
    while inner is not None:
        last = inner
        inner = inner.child_by_field_name("declarator") or _child(
            inner, "function_declarator", "pointer_declarator", "reference_declarator"
        )
        if last.type == "operator_cast":
            return f"operator {text_of(last.child_by_field_name('type'))}"
        if "declarator" not in last.type and last is not node:
            break
    name = text_of(last)
    before, operator, symbol = name.partition("operator")
    if operator and not symbol[:1].isalnum() and not symbol.startswith("_"):
        return f"{dotted(before)}.operator{symbol}".lstrip(".")
    return dotted(name) if last is not node else ""


def c_sharp(node: Node, kind: str) -> Definition | None:
    """C#: operators, indexers and destructors have names of their own."""
    if node.type == "operator_declaration":
        return kind, f"operator{text_of(node.child_by_field_name('operator'))}"
    if node.type == "conversion_operator_declaration":
        return kind, f"operator {text_of(node.child_by_field_name('type'))}"
    if node.type == "indexer_declaration":
        return kind, "this"
    if node.type == "destructor_declaration":
        return kind, f"~{text_of(node.child_by_field_name('name'))}"
    return by_name(node, kind)


def ruby(node: Node, kind: str) -> Definition | None:
    """Ruby: ``Foo = Struct.new do ... end`` and ``Foo = Class.new do ... end`` are classes."""
    if node.type == "assignment":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or left.type != "constant":
            return None
        if right.type != "call" or right.child_by_field_name("block") is None:
            return None
        return kind, text_of(left)
    return by_name(node, kind)


def kotlin(node: Node, kind: str) -> Definition | None:
    """Kotlin: companions, constructors, and functions that extend a type."""
    if node.type == "companion_object":
        return kind, text_of(node.child_by_field_name("name")) or "Companion"
    if node.type == "secondary_constructor":
        return kind, "constructor"
    if node.type == "class_declaration":
        if _has(node, "interface"):
            kind = "interface"
        elif "enum" in text_of(_child(node, "modifiers")).split():
            kind = "enum"
    name = text_of(node.child_by_field_name("name"))
    if node.type == "function_declaration" and name:
        before = next((c for c in node.children if c.type == "."), None)
        receiver = before.prev_sibling if before else None
        if receiver is not None:
            return kind, f"{dotted(text_of(receiver).rstrip('?'))}.{name}"
    return (kind, name) if name else None


def scala(node: Node, kind: str) -> Definition | None:
    """Scala: an extension is named after the type it extends, a given after what it gives."""
    if node.type == "extension_definition":
        parameter = _child(node.child_by_field_name("parameters") or node, "parameter")
        return kind, dotted(text_of(parameter and parameter.child_by_field_name("type")))
    if node.type == "given_definition" and not node.child_by_field_name("name"):
        return kind, dotted(text_of(node.child_by_field_name("return_type"))) or "given"
    return by_name(node, kind)


_SWIFT_KINDS = {"struct": "struct", "enum": "enum", "extension": "impl"}
_SWIFT_NAMES = {
    "init_declaration": "init",
    "deinit_declaration": "deinit",
    "subscript_declaration": "subscript",
}


def swift(node: Node, kind: str) -> Definition | None:
    """Swift: one node type stands for class, struct, enum, actor and extension."""
    if node.type == "class_declaration":
        kind = next((_SWIFT_KINDS[c.type] for c in node.children if c.type in _SWIFT_KINDS), kind)
    if node.type == "property_declaration" and not node.child_by_field_name("computed_value"):
        return None
    if node.type in _SWIFT_NAMES:
        return kind, _SWIFT_NAMES[node.type]
    return by_name(node, kind)


def lua(node: Node, kind: str) -> Definition | None:
    """Lua: functions are named by declaration or by what they are assigned to."""
    statement: Node | None = node
    if node.type == "variable_declaration":
        statement = _child(node, "assignment_statement")
    if statement is not None and statement.type == "assignment_statement":
        names, values = _child(statement, "variable_list"), _child(statement, "expression_list")
        value = values.named_children[0] if values and values.named_children else None
        if names is None or value is None or value.type != "function_definition":
            return None
        return kind, text_of(names.named_children[0])
    name = text_of(node.child_by_field_name("name"))
    if not name:
        return None
    return ("method", name.replace(":", ".")) if ":" in name else (kind, name)


def haskell(node: Node, kind: str) -> Definition | None:
    """Haskell: operators are defined in place; an instance is its class and its type."""
    if node.type == "instance":
        types = text_of(node.child_by_field_name("patterns")).strip("()").split(" ")
        return kind, f"{text_of(node.child_by_field_name('name'))}.{types[0]}".strip(".")
    name = text_of(node.child_by_field_name("name")).strip("()")
    infix = node if _child(node, "infix") else node.child_by_field_name("parens")
    if not name and infix is not None:
        inner = _child(infix, "infix")
        name = text_of(inner and inner.child_by_field_name("operator")).strip("`")
    return (kind, name) if name else None


_ELIXIR: Mapping[str, str] = {
    "def": "function",
    "defp": "function",
    "defdelegate": "function",
    "defguard": "macro",
    "defguardp": "macro",
    "defmacro": "macro",
    "defmacrop": "macro",
    "defmodule": "module",
    "defprotocol": "interface",
    "defimpl": "impl",
}


def elixir(node: Node, kind: str) -> Definition | None:
    """Elixir: definitions are calls of macros such as ``def`` and ``defmodule``."""
    kind = _ELIXIR.get(text_of(node.child_by_field_name("target")), "")
    arguments = _child(node, "arguments")
    if not kind or arguments is None or not arguments.named_children:
        return None
    head = arguments.named_children[0]
    if kind == "impl":
        target = text_of(_child(arguments, "keywords")).removeprefix("for:").strip()
        return kind, ".".join(filter(None, (text_of(head), target)))
    if head.type == "binary_operator" and text_of(head.child_by_field_name("operator")) == "when":
        head = head.child_by_field_name("left") or head
    if head.type == "binary_operator":
        return kind, text_of(head.child_by_field_name("operator"))
    return kind, text_of(head.child_by_field_name("target") or head)


_ZIG_KINDS = {
    "struct_declaration": "struct",
    "union_declaration": "struct",
    "opaque_declaration": "struct",
    "enum_declaration": "enum",
}


def zig(node: Node, kind: str) -> Definition | None:
    """Zig: containers are values, named by the constant that holds them."""
    if node.type == "test_declaration":
        label = _child(node, "string", "identifier")
        return kind, f"test {text_of(label).strip(chr(34))}".strip()
    if node.type == "variable_declaration":
        holder = _child(node, *_ZIG_KINDS)
        name = text_of(_child(node, "identifier"))
        return (_ZIG_KINDS[holder.type], name) if holder and name else None
    return by_name(node, kind)
