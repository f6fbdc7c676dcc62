"""How code becomes chunks: sizes, context, long functions, what falls back."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from cpt_rag.chunking import CHUNKER_VERSION, chunk_source
from cpt_rag.chunking import syntax as syntax_module
from cpt_rag.chunking.detect import detect_language
from cpt_rag.errors import InvalidInputError
from cpt_rag.types import Chunk


def words(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))


def chunked(text: str, path: str = "pkg/mod.py", max_tokens: int = 100) -> list[Chunk]:
    chunks = chunk_source(text, path, count_tokens=words, max_tokens=max_tokens)
    assert "".join(chunk.text for chunk in chunks) == text
    return chunks


BODY = "".join(f"        total += compute(value, {i}) * weight[{i}]\n" for i in range(40))
LONG = f"class Foo(Bar):\n    def long(self, value: int) -> int:\n{BODY}        return total\n"


def test_a_long_function_is_split_and_its_parts_keep_symbol_kind_and_signature() -> None:
    header, first, *parts = chunked(LONG)
    assert (header.kind, header.symbol) == ("class", "Foo")
    assert len(parts) > 3
    assert {(part.kind, part.symbol) for part in (first, *parts)} == {("method", "Foo.long")}
    assert first.context == "pkg/mod.py\nclass Foo(Bar):"
    onward = "pkg/mod.py\nclass Foo(Bar):\ndef long(self, value: int) -> int:"
    assert {part.context for part in parts} == {onward}
    assert all(part.text.startswith("        ") and part.text.endswith("\n") for part in parts)


def test_parts_of_a_long_function_are_of_like_size() -> None:
    _, *parts = chunked(LONG)
    sizes = [words(part.text) for part in parts]
    assert min(sizes) > max(sizes) / 3


def test_a_small_class_is_one_chunk_and_a_large_one_is_header_and_methods() -> None:
    method = (
        "    def {}(self):\n        return self.a + self.b + self.c + self.d + self.e + self.f\n"
    )
    small = "class A:\n" + method.format("one")
    assert [c.symbol for c in chunked(small, max_tokens=120)] == ["A"]
    large = "class A:\n    x = 1\n\n" + method.format("one") + "\n" + method.format("two")
    assert [c.symbol for c in chunked(large, max_tokens=60)] == ["A", "A.one", "A.two"]


def test_statements_between_definitions_merge_up_to_the_budget() -> None:
    text = "".join(f"name_{i} = {i}\n" for i in range(60))
    chunks = chunked(text)
    assert {(c.kind, c.symbol) for c in chunks} == {("code", None)}
    assert 2 <= len(chunks) <= 4


def test_small_neighbours_of_one_kind_share_a_chunk() -> None:
    text = "def a(): return 1\ndef b(): return 2\nclass C: pass\n"
    assert [(c.kind, c.symbol) for c in chunked(text)] == [("function", "a"), ("class", "C")]


def test_blank_lines_after_a_definition_are_its_own() -> None:
    xs = ", ".join("xxxxxxxxxxx")
    text = f"def a(x):\n    return [{xs}]\n\n\n\n# b\ndef b(x):\n    return 2\n"
    first, second = chunked(text)
    assert first.text.endswith("]\n\n\n\n")
    assert second.text.startswith("# b\ndef b")
    assert (first.start_line, first.end_line, second.start_line) == (1, 5, 6)


def test_functions_inside_a_long_function_are_chunks_of_their_own() -> None:
    inner = "    def {}(value):\n" + BODY[: len(BODY) // 8] + "        return value\n\n"
    text = "def outer():\n    a = 1\n" + inner.format("f") + inner.format("g") + "    return f, g\n"
    assert [c.symbol for c in chunked(text)] == ["outer", "outer.f", "outer.g", "outer"]


def test_functions_inside_a_long_expression_are_found() -> None:
    body = "    this.total = compute(this.value, 1, 2, 3, 4, 5, 6, 7, 8, 9);\n" * 2
    text = (
        f"(function () {{\n  function a() {{\n{body}  }}\n  function b() {{\n{body}  }}\n}})();\n"
    )
    assert [c.symbol for c in chunked(text, "x.js", 80)][-2:] == ["a", "b"]


def test_a_context_that_would_fill_the_chunk_is_shortened() -> None:
    path = "/".join(f"folder{i}" for i in range(30)) + "/mod.py"
    for chunk in chunked(LONG, path, max_tokens=60):
        assert chunk.context == "mod.py"


def test_a_long_line_is_cut_between_its_statements() -> None:
    text = "".join(f"function f{i}(a,b){{return a*{i}+b}};" for i in range(200))
    chunks = chunked(text, "x.min.js")
    assert all(chunk.text.startswith("function f") for chunk in chunks)


@pytest.mark.parametrize(
    "source", ["def f(:\n  x\n\nclass A\n  y\n", "}}}}\n((((\n", "0x\n\n  'unclosed\n"]
)
def test_broken_code_is_still_all_there(source: str) -> None:
    assert chunked(source)


def test_without_its_grammar_a_language_is_cut_at_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax_module, "_parser", lambda language: None)
    function = "def f{}(x):\n    a = g(x)\n\n    return a + {}\n\n"
    text = "".join(function.format(i, i) for i in range(20))
    chunks = chunked(text, max_tokens=60)
    assert all(chunk.text.startswith("def f") for chunk in chunks)
    assert {(c.kind, c.language, c.symbol) for c in chunks} == {("code", "python", None)}


def test_a_header_that_only_cpp_understands_is_cpp() -> None:
    assert {c.language for c in chunked("class B : public A { public: int c(); };\n", "b.h")} == {
        "cpp"
    }
    assert {c.language for c in chunked("struct a { int b; };\nint c(void);\n", "b.h")} == {"c"}


def test_the_language_may_be_given() -> None:
    chunks = chunk_source("fn f() {}\n", "x.txt", count_tokens=words, max_tokens=9, language="rust")
    assert [(c.symbol, c.language) for c in chunks] == [("f", "rust")]


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="max_tokens is 0"):
        chunk_source("x", "x", count_tokens=words, max_tokens=0)


@pytest.mark.parametrize(
    ("path", "first_line", "language"),
    [
        ("a/b.py", "", "python"),
        ("a/B.TSX", "", "tsx"),
        ("a\\b.rs", "", "rust"),
        ("Makefile", "", "make"),
        ("Dockerfile.dev", "", "dockerfile"),
        ("Rakefile", "", "ruby"),
        ("x.ipynb", "", "notebook"),
        ("x.yml", "", "yaml"),
        ("run", "#!/usr/bin/env python3", "python"),
        ("run", "#!/usr/bin/env -S node --harmony", "javascript"),
        ("run", "#!/bin/bash -eu", "bash"),
        ("run", "#! /usr/bin/python3.11", "python"),
        ("run", "#!/opt/unheard-of", "text"),
        ("a.py/notes", "plain words", "text"),
        ("LICENSE", "", "text"),
        ("x.unheardof", "", "text"),
    ],
)
def test_languages_are_known_by_name_extension_and_interpreter(
    path: str, first_line: str, language: str
) -> None:
    assert detect_language(path, first_line) == language


def test_no_grammar_is_loaded_before_it_is_needed() -> None:
    code = (
        "import sys, cpt_rag.chunking as c\n"
        "assert 'tree_sitter' not in sys.modules\n"
        "c.chunk_source('x = 1', 'x.py', count_tokens=len, max_tokens=99)\n"
        "print(sorted(m for m in sys.modules if m.startswith('tree_sitter_') and '.' not in m))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['tree_sitter_python']"


def test_the_version_is_a_string() -> None:
    assert CHUNKER_VERSION == "1"
