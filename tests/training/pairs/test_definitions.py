"""The parts of a definition: symbol, documentation, signature, code and body."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from cpt_rag.chunking.languages import GRAMMARS
from cpt_training.pairs.code.definitions import Definition, definitions, file_doc, syntax
from cpt_training.pairs.pair import SourceFile

SAMPLES = Path(__file__).parents[2] / "chunking" / "samples"


def defined(language: str, text: str, path: str = "a") -> dict[str, Definition]:
    file = SourceFile(path, language, dedent(text).lstrip("\n"))
    return {definition.symbol: definition for definition in definitions(file)}


@pytest.mark.parametrize("language", GRAMMARS)
def test_every_language_has_signatures_and_code_of_its_definitions(language: str) -> None:
    text = (SAMPLES / f"{language}.sample").read_text()
    found = definitions(SourceFile("a", language, text))
    assert found
    for definition in found:
        assert definition.symbol.endswith(definition.name)
        assert definition.signature
        assert definition.signature.split("\n")[0] in definition.code
        assert definition.code[0] not in " \t\n"


@pytest.mark.parametrize(
    ("language", "source", "signature", "body"),
    [
        (
            "python",
            "def f(a: int) -> int:  # noqa\n    return a\n",
            "def f(a: int) -> int:",
            "return a",
        ),
        ("javascript", "const f = async (a) => a + 1;\n", "const f = async (a)", "a + 1"),
        ("typescript", "@dec() class f<T> { a = 1 }\n", "class f<T>", "a = 1"),
        ("go", "type f interface {\n\tRead() error\n}\n", "type f interface", "Read() error"),
        (
            "rust",
            "#[test]\npub fn f<T>(a: T) where T: X { a }\n",
            "pub fn f<T>(a: T) where T: X",
            "a",
        ),
        ("java", "class f extends B { int a; }\n", "class f extends B", "int a;"),
        ("ruby", "def f(a) # :nodoc:\n  a\nend\n", "def f(a)", "a"),
        (
            "php",
            "<?php function f(int $a): int\n{\n    return $a;\n}\n",
            "function f(int $a): int",
            "return $a;",
        ),
        ("c", "static int\nf(int a)\n{\n    return a;\n}\n", "static int\nf(int a)", "return a;"),
        ("c", "#define f(a) ((a) + 1)\n", "#define f(a)", "((a) + 1)"),
        (
            "cpp",
            "template <class T> T f(T a) { return a; }\n",
            "template <class T> T f(T a)",
            "return a;",
        ),
        ("kotlin", "fun f(a: Int): Int = a + 1\n", "fun f(a: Int): Int", "a + 1"),
        ("elixir", "def f(a), do: a\n", "def f(a)", "a"),
        ("haskell", "f :: Int -> Int\nf 0 = 1\nf n = n\n", "f :: Int -> Int", "f 0 = 1\nf n = n"),
    ],
)
def test_header_and_body_part_where_the_body_opens(
    language: str, source: str, signature: str, body: str
) -> None:
    definition = defined(language, source)["f"]
    assert (definition.signature, definition.body) == (signature, body)


def test_code_is_outdented_and_without_documentation() -> None:
    found = defined(
        "python",
        '''
        class Reader:
            """Reads."""

            @property
            def line(self):
                """The line.

                As read.
                """

                return self.lines[-1]
        ''',
    )
    line = found["Reader.line"]
    assert (line.kind, line.name, line.doc) == ("method", "line", "The line.\n\nAs read.")
    assert line.code == "@property\ndef line(self):\n    return self.lines[-1]"
    assert line.body == "return self.lines[-1]"
    assert found["Reader"].code.startswith("class Reader:\n    @property\n")


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("c", "/** Opens it. */\nint door_open(struct door *door);\n"),
        ("cpp", "class Door {\n public:\n  /// Opens it.\n  virtual int open(int by) = 0;\n};\n"),
        ("typescript", "interface Door {\n  /** Opens it. */\n  open(by: number): void;\n}\n"),
        ("typescript", "/** Opens it. */\nexport declare function open(by: number): void;\n"),
        ("go", "type Door interface {\n\t// Opens it.\n\tOpen(by int) error\n}\n"),
        ("java", "interface Door {\n    /** Opens it. */\n    void open(int by);\n}\n"),
        ("rust", "trait Door {\n    /// Opens it.\n    fn open(&self, by: u8);\n}\n"),
        ("php", "<?php interface Door {\n    /** Opens it. */\n    function open(int $by);\n}\n"),
    ],
)
def test_mere_declarations_have_documentation_and_no_body(language: str, source: str) -> None:
    *_, last = defined(language, source).values()
    assert last.doc == "Opens it."
    assert last.body == ""
    assert "open" in last.signature.lower()


def test_variables_of_c_are_no_definitions() -> None:
    assert defined("c", "int count = 3;\nextern char *names[4];\nint (*hook)(int);\n") == {}


def test_header_that_only_cpp_reads_is_read_as_cpp() -> None:
    text = "namespace n {\ntemplate <class T> class Box { public: T get() const; };\n}\n"
    assert "n.Box.get" in defined("c", text, "box.h")


def test_elixir_parts_functions_of_one_name_by_their_documentation() -> None:
    source = """
        defmodule A do
          @moduledoc "Adds."

          @doc "Adds one."
          def add(a), do: a + 1

          @doc "Adds two numbers."
          def add(a, 0), do: a
          def add(a, b), do: a + b
        end
    """
    module, one, two = definitions(SourceFile("a", "elixir", dedent(source)))
    assert (module.doc, one.doc, two.doc) == ("Adds.", "Adds one.", "Adds two numbers.")
    assert one.code == "def add(a), do: a + 1"
    assert two.code == "def add(a, 0), do: a\ndef add(a, b), do: a + b"


@pytest.mark.parametrize(
    ("language", "source", "doc"),
    [
        ("python", "#!/usr/bin/python\n'''Reads files.'''\nimport os\n", "Reads files."),
        (
            "go",
            "// Copyright 2020\n\n// Package a reads\n// files.\npackage a\n",
            "Package a reads\nfiles.",
        ),
        ("go", "// Reads files.\n\npackage a\n", ""),
        (
            "rust",
            "//! Reads files.\n//! And writes.\n\n/// Opens.\nfn open() {}\n",
            "Reads files.\nAnd writes.",
        ),
        ("java", "/** Reads files. */\npackage a;\n", ""),
    ],
)
def test_documentation_of_a_file(language: str, source: str, doc: str) -> None:
    assert file_doc(SourceFile("a", language, source)) == doc


@pytest.mark.parametrize("text", ["", "\n", "\ud800", "def (", "}}}} /** ", "'''" * 99])
@pytest.mark.parametrize("language", ["python", "javascript", "c", "elixir", "no such language"])
def test_broken_text_raises_nothing(language: str, text: str) -> None:
    file = SourceFile("a", language, text)
    assert isinstance(definitions(file), tuple)
    assert isinstance(file_doc(file), str)
    assert syntax(SourceFile("a", "markdown", text)) is None


def test_a_class_behind_an_export_macro_is_no_function() -> None:
    source = """
class GTEST_API_ Thing {
 public:
  int size() { return 1; }
};
int add(int a, int b) { return a + b; }
"""
    found = definitions(SourceFile("a.h", "cpp", source))
    assert [d.symbol for d in found] == ["add"]
