"""What rewriting has to know of each language; node types and fields are the grammars' own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


def _set(types: str) -> frozenset[str]:
    return frozenset(types.split())


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one language binds names, compares, branches and loops.

    Args:
        bindings: for each node type the fields whose names it binds.
        scopes: nodes outside of which the locals bound in them do not exist; none where a
            function is the only scope.
        late: those of ``bindings`` whose names do not exist before the end of it, or before its
            body: in ``x := x.y`` there are two.
        foreign: pairs "node type.field" whose name is not a variable's; without a field, any name
            directly in such a node.
        names: in whose presence renaming may change what happens.
        nodes: types of nodes in whose presence it may.
        comparison: node type of a comparison.
        overloads: whether operators may be redefined, so that only literals are sure to commute.
        branch: node type of an ``if``.
        negation: what negates a condition.
        equality: comparisons that negate one another exactly.
        loops: whether ``for (;;)`` and ``while ()`` are spelled as in C.
        compound: node type of ``x += y`` where it is ``x = x + y``; "" where it may not be.
        increments: whether ``i++`` as a statement is ``i += 1``.
        assignments: node types of statements that give one name a value.
    """

    bindings: Mapping[str, tuple[str, ...]]
    foreign: frozenset[str]
    names: frozenset[str]
    nodes: frozenset[str]
    comparison: str
    branch: str
    assignments: frozenset[str]
    scopes: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()
    overloads: bool = False
    negation: str = "!"
    equality: Mapping[str, str] = field(default_factory=dict)
    loops: bool = False
    compound: str = ""
    increments: bool = False


_EQUAL = {"==": "!=", "!=": "=="}
_IDENTICAL = {**_EQUAL, "===": "!==", "!==": "==="}

_ECMASCRIPT = Dialect(
    bindings={
        "variable_declarator": ("name",),
        "for_in_statement": ("left",),
        "catch_clause": ("parameter",),
        "arrow_function": ("parameter",),
    },
    scopes=_set("statement_block for_statement for_in_statement arrow_function catch_clause"),
    foreign=_set("labeled_statement.label"),
    names=_set("eval arguments"),
    nodes=_set("with_statement jsx_element jsx_self_closing_element"),
    comparison="binary_expression",
    branch="if_statement",
    assignments=_set("lexical_declaration variable_declaration"),
    equality=_IDENTICAL,
    loops=True,
    compound="augmented_assignment_expression",
)
_C = Dialect(
    bindings={"init_declarator": ("declarator",), "declaration": ("declarator",)},
    scopes=_set("compound_statement for_statement"),
    foreign=_set("qualified_identifier.name qualified_identifier.scope"),
    names=_set("asm"),
    nodes=_set(
        "preproc_if preproc_ifdef preproc_def preproc_function_def preproc_call gnu_asm_expression"
    ),
    comparison="binary_expression",
    branch="if_statement",
    assignments=_set("declaration"),
    equality=_EQUAL,
    loops=True,
    compound="assignment_expression",
    increments=True,
)

DIALECTS: Mapping[str, Dialect] = {
    "python": Dialect(
        bindings={
            "assignment": ("left",),
            "for_statement": ("left",),
            "as_pattern": ("alias",),
            "named_expression": ("name",),
        },
        foreign=_set("attribute.attribute keyword_argument.name"),
        names=_set("locals vars eval exec globals dir __class__"),
        nodes=_set(
            "global_statement nonlocal_statement class_definition import_statement "
            "import_from_statement match_statement"
        ),
        comparison="comparison_operator",
        branch="if_statement",
        assignments=_set("expression_statement"),
        overloads=True,
        negation="not ",
        equality={"is": "is not", "is not": "is", "in": "not in", "not in": "in"},
    ),
    "javascript": _ECMASCRIPT,
    "typescript": _ECMASCRIPT,
    "tsx": _ECMASCRIPT,
    "java": Dialect(
        bindings={
            "variable_declarator": ("name",),
            "enhanced_for_statement": ("name",),
            "catch_formal_parameter": ("name",),
            "resource": ("name",),
        },
        scopes=_set(
            "block constructor_body for_statement enhanced_for_statement catch_clause "
            "try_with_resources_statement lambda_expression switch_block_statement_group"
        ),
        foreign=_set(
            "field_access.field method_invocation.name element_value_pair.key "
            "scoped_identifier.name labeled_statement. break_statement. continue_statement. "
            "method_reference."
        ),
        names=frozenset(),
        nodes=_set("class_body"),
        comparison="binary_expression",
        branch="if_statement",
        assignments=_set("local_variable_declaration"),
        equality=_EQUAL,
        loops=True,
        increments=True,
    ),
    "go": Dialect(
        bindings={
            "short_var_declaration": ("left",),
            "var_spec": ("name",),
            "range_clause": ("left",),
        },
        scopes=_set(
            "block for_statement if_statement func_literal expression_switch_statement "
            "expression_case default_case"
        ),
        late=_set("short_var_declaration var_spec range_clause"),
        foreign=_set("labeled_statement.label"),
        names=frozenset(),
        nodes=_set("type_switch_statement select_statement const_declaration"),
        comparison="binary_expression",
        branch="if_statement",
        assignments=_set("short_var_declaration"),
        equality=_EQUAL,
        compound="assignment_statement",
        increments=True,
    ),
    "rust": Dialect(
        bindings={"let_declaration": ("pattern",), "for_expression": ("pattern",)},
        scopes=_set("block for_expression closure_expression"),
        late=_set("let_declaration for_expression"),
        foreign=_set("scoped_identifier.name scoped_identifier.path lifetime. label."),
        names=frozenset(),
        nodes=_set("macro_definition use_declaration unsafe_block shorthand_field_initializer"),
        comparison="binary_expression",
        branch="if_expression",
        assignments=_set("let_declaration"),
        overloads=True,
    ),
    "php": Dialect(
        bindings={"assignment_expression": ("left",)},
        foreign=_set("scoped_property_access_expression.name"),
        names=_set("compact extract eval get_defined_vars func_get_args"),
        nodes=_set(
            "dynamic_variable_name global_declaration function_static_declaration anonymous_class "
            "include_expression require_expression include_once_expression require_once_expression"
        ),
        comparison="binary_expression",
        branch="if_statement",
        assignments=_set("expression_statement"),
        equality=_IDENTICAL,
        loops=True,
        compound="augmented_assignment_expression",
    ),
    "c": _C,
    "cpp": replace(
        _C,
        bindings={**_C.bindings, "for_range_loop": ("declarator",)},
        scopes=_C.scopes | _set("for_range_loop lambda_expression catch_clause if_statement"),
        overloads=True,
        equality={},
        compound="",
        increments=False,
    ),
}
