"""One row for each language with a grammar; to add a language is to add its row here.

The node types are the grammars' own. ``tests/chunking/test_code_symbols.py`` shows for each
language what its row achieves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cpt_rag.chunking import names
from cpt_rag.chunking.names import Rule


def _set(types: str) -> frozenset[str]:
    return frozenset(types.split())


CONTAINERS = frozenset(
    {"class", "struct", "interface", "trait", "enum", "impl", "object", "module"}
)
"""Kinds whose members are definitions of their own; a function in any but a module is a method."""

COMMENTS = frozenset({"comment", "line_comment", "block_comment", "haddock", "multiline_comment"})
"""Node types of comments, in any grammar."""

BODIES = _set(
    "annotation_type_body block body_statement class_body class_declarations compound_statement "
    "constructor_body declaration_list declarations do_block enum_body enum_class_body "
    "enum_declaration enum_member_declaration_list field_declaration_list function_body "
    "instance_declarations interface_body opaque_declaration protocol_body statement_block "
    "struct_declaration template_body union_declaration with_template_body"
)
"""Node types that hold the members of a definition, in any grammar."""


def _kinds(**types: str) -> Mapping[str, str]:
    return {type_: kind for kind, row in types.items() for type_ in row.split()}


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one language's syntax tree is read.

    Args:
        module: the grammar's wheel.
        extensions: file name endings.
        definitions: kind by node type.
        wrappers: nodes that are one with the definition inside (decorators, ``export``).
        through: nodes that only surround definitions (``if``, ``#ifdef``, anonymous namespaces).
        attached: nodes that belong to the definition below them, as comments do anyway.
        rule: what a node of ``definitions`` defines, and its name.
        function: the wheel's function that gives the language.
        clauses: whether neighbours of one name are one definition.
        shebangs: interpreters.
    """

    module: str
    extensions: tuple[str, ...]
    definitions: Mapping[str, str]
    wrappers: frozenset[str] = frozenset()
    through: frozenset[str] = frozenset()
    attached: frozenset[str] = frozenset()
    rule: Rule = names.by_name
    function: str = "language"
    clauses: bool = False
    shebangs: tuple[str, ...] = ()


_ECMASCRIPT = _kinds(
    function="function_declaration generator_function_declaration lexical_declaration "
    "variable_declaration assignment_expression pair",
    method="method_definition field_definition",
    **{"class": "class_declaration class"},
)
_TYPESCRIPT = {
    **_ECMASCRIPT,
    **_kinds(
        function="function_signature",
        method="abstract_method_signature public_field_definition",
        interface="interface_declaration",
        enum="enum_declaration",
        type="type_alias_declaration",
        module="internal_module module",
        **{"class": "abstract_class_declaration"},
    ),
}
_EXPORTED = _set("export_statement ambient_declaration expression_statement")
_PREPROCESSOR = _set("preproc_if preproc_ifdef preproc_else preproc_elif preproc_elifdef")

GRAMMARS: Mapping[str, Grammar] = {
    "python": Grammar(
        "tree_sitter_python",
        ("py", "pyi", "pyw", "bzl", "bazel"),
        _kinds(function="function_definition", **{"class": "class_definition"}),
        wrappers=_set("decorated_definition"),
        through=_set(
            "if_statement elif_clause else_clause try_statement except_clause finally_clause "
            "with_statement for_statement while_statement block"
        ),
        shebangs=("python", "python2", "python3", "pypy", "pypy3"),
    ),
    "javascript": Grammar(
        "tree_sitter_javascript",
        ("js", "mjs", "cjs", "jsx"),
        _ECMASCRIPT,
        wrappers=_EXPORTED,
        attached=_set("decorator"),
        rule=names.ecmascript,
        shebangs=("node", "nodejs"),
    ),
    "typescript": Grammar(
        "tree_sitter_typescript",
        ("ts", "mts", "cts"),
        _TYPESCRIPT,
        wrappers=_EXPORTED,
        attached=_set("decorator"),
        rule=names.ecmascript,
        function="language_typescript",
        shebangs=("ts-node", "deno", "tsx"),
    ),
    "tsx": Grammar(
        "tree_sitter_typescript",
        ("tsx",),
        _TYPESCRIPT,
        wrappers=_EXPORTED,
        attached=_set("decorator"),
        rule=names.ecmascript,
        function="language_tsx",
    ),
    "java": Grammar(
        "tree_sitter_java",
        ("java",),
        _kinds(
            method="method_declaration constructor_declaration compact_constructor_declaration",
            interface="interface_declaration annotation_type_declaration",
            enum="enum_declaration",
            **{"class": "class_declaration record_declaration"},
        ),
        through=_set("enum_body_declarations"),
    ),
    "go": Grammar(
        "tree_sitter_go",
        ("go",),
        _kinds(
            function="function_declaration", method="method_declaration", type="type_declaration"
        ),
        rule=names.go,
    ),
    "rust": Grammar(
        "tree_sitter_rust",
        ("rs",),
        _kinds(
            function="function_item function_signature_item",
            struct="struct_item union_item",
            enum="enum_item",
            trait="trait_item",
            impl="impl_item",
            module="mod_item",
            macro="macro_definition",
            type="type_item",
        ),
        wrappers=_set("foreign_mod_item declaration_list"),
        attached=_set("attribute_item"),
        rule=names.rust,
    ),
    "ruby": Grammar(
        "tree_sitter_ruby",
        ("rb", "rake", "gemspec", "ru", "podspec", "jbuilder"),
        _kinds(
            function="method singleton_method",
            module="module",
            **{"class": "class assignment"},
        ),
        wrappers=_set("call argument_list"),
        through=_set("singleton_class body_statement"),
        rule=names.ruby,
        shebangs=("ruby", "jruby"),
    ),
    "php": Grammar(
        "tree_sitter_php",
        ("php", "phtml", "php5", "inc"),
        _kinds(
            function="function_definition",
            method="method_declaration",
            interface="interface_declaration",
            trait="trait_declaration",
            enum="enum_declaration",
            module="namespace_definition",
            **{"class": "class_declaration"},
        ),
        rule=names.php,
        function="language_php",
        shebangs=("php",),
    ),
    "c": Grammar(
        "tree_sitter_c",
        ("c", "h"),
        _kinds(
            function="function_definition",
            struct="struct_specifier union_specifier type_definition",
            enum="enum_specifier",
            macro="preproc_function_def",
        ),
        through=_PREPROCESSOR | _set("linkage_specification declaration_list"),
        rule=names.c_family,
    ),
    "cpp": Grammar(
        "tree_sitter_cpp",
        ("cpp", "cc", "cxx", "c++", "hpp", "hh", "hxx", "h++", "ipp", "tpp", "inl", "cu", "cuh"),
        _kinds(
            function="function_definition declaration",
            struct="struct_specifier union_specifier type_definition",
            enum="enum_specifier",
            module="namespace_definition",
            macro="preproc_function_def",
            **{"class": "class_specifier"},
        ),
        wrappers=_set("template_declaration"),
        through=_PREPROCESSOR
        | _set(
            "linkage_specification declaration_list namespace_definition field_declaration_list"
        ),
        attached=_set("access_specifier"),
        rule=names.c_family,
    ),
    "c_sharp": Grammar(
        "tree_sitter_c_sharp",
        ("cs", "csx"),
        _kinds(
            function="local_function_statement",
            method="method_declaration constructor_declaration destructor_declaration "
            "operator_declaration conversion_operator_declaration indexer_declaration",
            interface="interface_declaration",
            struct="struct_declaration",
            enum="enum_declaration",
            module="namespace_declaration",
            **{"class": "class_declaration record_declaration"},
        ),
        wrappers=_set("global_statement"),
        through=_set("preproc_if preproc_elif preproc_else"),
        rule=names.c_sharp,
    ),
    "bash": Grammar(
        "tree_sitter_bash",
        ("sh", "bash", "zsh", "ksh", "bats"),
        _kinds(function="function_definition"),
        through=_set("if_statement else_clause elif_clause"),
        shebangs=("bash", "sh", "zsh", "dash", "ksh", "ash"),
    ),
    "kotlin": Grammar(
        "tree_sitter_kotlin",
        ("kt", "kts"),
        _kinds(
            function="function_declaration",
            method="secondary_constructor",
            object="object_declaration companion_object",
            **{"class": "class_declaration"},
        ),
        rule=names.kotlin,
    ),
    "scala": Grammar(
        "tree_sitter_scala",
        ("scala", "sc", "sbt"),
        _kinds(
            function="function_definition function_declaration",
            object="object_definition",
            trait="trait_definition",
            enum="enum_definition",
            impl="given_definition extension_definition",
            module="package_object",
            **{"class": "class_definition"},
        ),
        through=_set("package_clause template_body"),
        rule=names.scala,
    ),
    "swift": Grammar(
        "tree_sitter_swift",
        ("swift",),
        _kinds(
            function="function_declaration",
            method="init_declaration deinit_declaration subscript_declaration "
            "property_declaration protocol_function_declaration",
            interface="protocol_declaration",
            **{"class": "class_declaration"},
        ),
        rule=names.swift,
    ),
    "lua": Grammar(
        "tree_sitter_lua",
        ("lua", "luau"),
        _kinds(function="function_declaration variable_declaration assignment_statement"),
        rule=names.lua,
        shebangs=("lua", "luajit"),
    ),
    "haskell": Grammar(
        "tree_sitter_haskell",
        ("hs",),
        _kinds(
            function="function bind signature",
            type="data_type newtype type_synonym",
            impl="instance",
            **{"class": "class"},
        ),
        through=_set("declarations imports"),
        rule=names.haskell,
        clauses=True,
        shebangs=("runhaskell", "runghc", "stack"),
    ),
    "elixir": Grammar(
        "tree_sitter_elixir",
        ("ex", "exs"),
        {"call": "function"},
        attached=_set("unary_operator"),
        rule=names.elixir,
        clauses=True,
        shebangs=("elixir",),
    ),
    "zig": Grammar(
        "tree_sitter_zig",
        ("zig", "zon"),
        _kinds(function="function_declaration test_declaration", struct="variable_declaration"),
        rule=names.zig,
    ),
}
