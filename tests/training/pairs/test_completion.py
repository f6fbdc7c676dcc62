"""Functions in two parts, split between statements."""

from __future__ import annotations

from textwrap import dedent

import pytest

from cpt_rag.chunking.syntax import Syntax
from cpt_training.pairs import completion
from cpt_training.pairs.pair import SourceFile


def mined(language: str, text: str) -> list[tuple[str, str]]:
    file = SourceFile("a", language, dedent(text).lstrip("\n"))
    pairs = list(completion.mine(file))
    assert all((pair.kind, pair.language) == ("completion", language) for pair in pairs)
    return [(pair.query, pair.document) for pair in pairs]


def test_the_head_asks_and_the_rest_answers_without_docstring() -> None:
    source = '''
        class Store:
            @cached
            def load(self, path, encoding="utf-8"):
                """Load all there is."""
                handle = self.opener.open(path, encoding=encoding)
                lines = handle.read().splitlines()

                # Blank lines say nothing.
                kept = [line for line in lines if line.strip()]
                for number, line in enumerate(kept):
                    self.index[number] = self.parse(line)
                return kept
    '''
    assert mined("python", source) == [
        (
            "@cached\n"
            'def load(self, path, encoding="utf-8"):\n'
            "    handle = self.opener.open(path, encoding=encoding)\n"
            "    lines = handle.read().splitlines()",
            "# Blank lines say nothing.\n"
            "kept = [line for line in lines if line.strip()]\n"
            "for number, line in enumerate(kept):\n"
            "    self.index[number] = self.parse(line)\n"
            "return kept",
        )
    ]


BRACED = """
    int first = prepare(source, limit); // once
    if (first > limit) {
        report_overflow(first, limit);
        first = limit;
    }
    /* the rest */
    int second = prepare(target, limit);
    copy_all_of_them(source, target, first + second);
    return release(source, target);
"""


@pytest.mark.parametrize(
    ("language", "opening", "closing"),
    [
        ("c", "int transfer(struct queue *source, struct queue *target, int limit) {", "}"),
        ("cpp", "int Queue::transfer(Queue &source, Queue &target, int limit) {", "}"),
        ("java", "class A {\nint transfer(Queue source, Queue target, int limit) {", "}\n}"),
    ],
)
def test_no_statement_is_split_and_no_bracket_is_left(
    language: str, opening: str, closing: str
) -> None:
    ((head, rest),) = mined(language, f"{opening}{BRACED}{closing}\n")
    assert head.endswith("    }")
    assert rest.startswith("/* the rest */\nint second")
    assert rest.endswith("return release(source, target);")
    tree = Syntax.parse(f"int f() {{\n{rest}\n}}\n", "c")
    assert tree is not None
    assert not tree.root.has_error


def test_the_boundary_is_the_one_nearest_to_the_middle() -> None:
    lines = [f'    value_{i} = read_the_next_one(source, {i}, "name {i}")' for i in range(10)]
    ((head, rest),) = mined("python", "\n".join(["def f(source):", *lines]))
    assert len(head.split("\n")) == 6
    assert len(rest.split("\n")) == 5


@pytest.mark.parametrize(
    "source",
    [
        "def f(a):\n    b = a + 1\n    return b\n",
        "def f(a):\n    for x in a:\n" + "        handle_one_of_the_values(x, a, f)\n" * 9,
        "const f = (a) => a\n    .map((x) => x.value)\n    .filter((x) => x.large);\n",
        "def test_f(a):\n" + "    assert_that_all_of_it_holds(a, f)\n" * 9,
    ],
)
def test_too_short_a_function_and_one_of_a_single_statement_give_nothing(source: str) -> None:
    assert mined("javascript" if source.startswith("const") else "python", source) == []
