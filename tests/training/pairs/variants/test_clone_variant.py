"""Functions and their renamed, restructured variants, which do the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from cpt_rag.chunking.syntax import Syntax

from .conftest import mined, variant

CLASSIFY = '''
def classify(number, bounds, names=None):
    """Say where a number lies."""
    low = 0
    found = []
    # every bound once
    for bound in bounds:
        if number == bound:
            low += 1
        else:
            found.append((bound, f"{number} of {bound}"))
    if names is None:
        return low, found
    else:
        return [names[i] for i in range(low)], found
'''
MERGE = """
def merge_ranges(ranges, gap=0):
    merged = []
    count = 0
    for start, end in sorted(ranges):
        if merged and not start - merged[-1][1] > gap:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
            count += 1
    with_gap = [(a, b) for a, b in merged if 0 < b - a]
    return count, merged, with_gap
"""


@pytest.mark.parametrize(
    ("source", "inputs"),
    [
        (CLASSIFY, [(3, [1, 3, 5]), (0, []), (3, [3, 3], ["a", "b", "c"])]),
        (MERGE, [([(5, 6), (1, 2), (2, 4)],), ([(1, 1), (3, 4)], 5), ([],)]),
    ],
)
def test_a_variant_returns_what_the_function_returns(
    source: str, inputs: list[tuple[Any, ...]]
) -> None:
    def compiled(code: str) -> Callable[..., Any]:
        names: dict[str, Any] = {}
        exec(code, names)
        function: Callable[..., Any] = next(
            value for name, value in names.items() if name != "__builtins__"
        )
        return function

    (pair,) = mined("python", source)
    assert pair.query != pair.document
    for arguments in inputs:
        assert compiled(pair.document)(*arguments) == compiled(pair.query)(*arguments)


def test_names_comments_and_docstring_change_and_members_stay() -> None:
    (pair,) = mined(
        "python",
        '''
        class Store:
            @cached
            def read_all(self, path, mode="r"):
                """Read."""
                path = self.path / path  # below the root
                handle = path.open(mode=mode, buffering=0)
                if handle is None:
                    raise KeyError(path)
                else:
                    return handle.read()
        ''',
    )
    assert '"""' not in pair.query
    lines = pair.document.split("\n")
    assert lines[0] == "@cached"
    assert not re.search(r"read_all|\bhandle\b|#|Read\.", pair.document)
    assert "self.path / " in pair.document
    assert re.search(r"open\(mode=(?!mode)\w+, buffering=0\)", pair.document)
    assert re.search(r"if \w+ is not None:\n        return \w+\.read\(\)\n    else:", pair.document)


WHILE = r"int (\w+) = 0;\n    while \(\w+ > \1\) {"


@pytest.mark.parametrize(
    ("language", "source", "patterns"),
    [
        (
            "java",
            """
            class A {
                int count(int size) {
                    int total = 0;
                    for (int i = 0; i < size; i++) {
                        total += step(i);
                    }
                    return total;
                }
            }
            """,
            [WHILE, r"\w+ \+= step\((\w+)\);\n        \1 \+= 1;\n    }"],
        ),
        (
            "c",
            """
            int count(struct list *l, int size) {
                int total = 0;
                while (size > 0) {
                    total += l->size;
                    size--;
                }
                return total;
            }
            """,
            [r"for \(; 0 < (\w+); \) {", r"(\w+) = \1 \+ \w+->size;", r"\w+ -= 1;"],
        ),
        (
            "javascript",
            """
            export function pick(list, start) {
                const first = 1;
                let name = "x";
                if (!start) {
                    return list[first];
                } else {
                    name += start;
                    return { size: list.length, text: name };
                }
            }
            """,
            [r'let \w+ = "x";\n    const \w+ = 1;', r"if \(\w+\) {", r"size: \w+\.length, text: "],
        ),
        (
            "go",
            """
            package p

            func (s *Store) Sum(keys []string, start int) (int, error) {
                total := start
                for _, key := range keys {
                    value, err := s.get(key)
                    if err != nil {
                        return 0, err
                    }
                    total += value
                    s.count++
                }
                return total, nil
            }
            """,
            [r"if nil != \w+ {", r"(\w+) = \1 \+ \w+\n", r"s\.count\+\+"],
        ),
        (
            "php",
            """
            <?php
            function pick(array $list, $name) {
                $found = [];
                $count = 0;
                if ($name === null) {
                    $found = $list;
                } else {
                    foreach ($list as $key => $value) { $found[] = "$name $value"; }
                }
                return [$found, $count, $this->name];
            }
            """,
            [r"\$\w+ = 0;\n    \$\w+ = \[\];", r"if \(\$\w+ !== null\)", r"\$this->name\]"],
        ),
        (
            "rust",
            """
            fn pick(list: &[u8], limit: usize) -> usize {
                let mut total = 0;
                let mut other = 1;
                for item in list {
                    if limit == 3 { total += 1; } else { other += f(item); }
                }
                total + other
            }
            """,
            [r"let mut \w+ = 1;\n    let mut \w+ = 0;", r"if !\(3 == \w+\) {"],
        ),
    ],
)
def test_each_language_has_its_rules(language: str, source: str, patterns: list[str]) -> None:
    text = variant(language, source)
    for pattern in patterns:
        assert re.search(pattern, text), text
    parsed = Syntax.parse(f"<?php {text}" if language == "php" else text, language)
    assert parsed is not None
    assert not parsed.root.has_error


def test_a_text_that_holds_a_value_does_not_change_places() -> None:
    text = variant(
        "php",
        """
        <?php
        function greet($list, $size) {
            $name = "one";
            $line = "Hello $name";
            if ($size === 3) { $list[] = $line; } else { $list = [$line, $name]; }
            return $list;
        }
        """,
    )
    assert re.search(r'\$(\w+) = "one";\n    \$\w+ = "Hello \$\1";', text), text


FIRST = """int pick(int n, T left, T right) {
    int i = 0;
    if (i == n) { f(left); } else { f(right); }
"""
REST = "\n    return n;\n}\n"


@pytest.mark.parametrize(
    ("language", "source", "kept"),
    [
        # What is called first, operators that may be redefined, a loop's own step, its own names.
        ("c", "if (f(left) < g(right)) { n = 1; }", r"if \(f\(\w+\) < g\("),
        ("cpp", "if (left < right) { n = 1; }", r"if \(\w+ < \w+\)"),
        (
            "c",
            "for (n = 1; n < 9; n++) {\n        if (f(n)) continue;\n        g(n);\n    }",
            r"for \(\w+ = 1; 9 > \w+; \w+ \+= 1\) {",
        ),
        (
            "c",
            "for (int j = 1; j < 9; j++) {\n        g(j);\n    }\n    int j = n;",
            r"for \(int (\w+) = 1; 9 > \1; \1 \+= 1\) {",
        ),
        (
            "java",
            "for (n = 1, i = 9; n < i; n++, i--) {\n        g(n);\n    }",
            r"for \((\w+) = 1, (\w+) = 9; \2 > \1; ",
        ),
        (
            "java",
            "for (int j = 1; j < 9; j++) {\n        g(j);\n        break;\n    }",
            r"for \(int (\w+) = 1; 9 > \1; \1 \+= 1\) {",
        ),
    ],
)
def test_what_might_change_the_meaning_keeps_its_form(
    language: str, source: str, kept: str
) -> None:
    whole = f"{FIRST}    {source}{REST}"
    text = variant(language, f"class A {{\n{whole}}}" if language == "java" else whole)
    assert re.search(kept, text), text


def test_a_little_function_and_one_with_nothing_to_put_differently_give_nothing() -> None:
    assert mined("python", "def f(a):\n    return a == 1\n") == []
    assert mined("python", "def f(a, b, c, d):\n    g(a)\n    g(b)\n    g(c)\n    return d\n") == []
    assert mined("haskell", "f a = g a\n  where g = h\n") == []


def test_as_many_names_as_a_function_has_are_found() -> None:
    given = "".join(f" a{number}=g\n" for number in range(250))
    text = variant("python", f"def f(n):\n{given} if n == 1:\n  g(n)\n return a7\n")
    names = re.findall(r"^ (\w+)=g", text, re.MULTILINE)
    assert len({*names}) == 250
    assert not {"n", "a7"} & {*names}


@pytest.mark.parametrize("value", ["+".join("a" * 800), "a" + ".b" * 800, "(" * 500 + ")" * 500])
def test_a_function_too_deep_to_be_walked_gives_nothing(value: str) -> None:
    source = f"def f(a, b, c):\n    d = a\n    if a == 1:\n        return d\n    return {value}\n"
    assert mined("python", source) == []


LOOP = "    for (int j = 0; j < 9; j++) {\n        g(j);\n    }\n"


def test_a_loop_is_put_differently_beside_one_of_another_block() -> None:
    block = f"{{\n{LOOP}    }}\n"
    text = variant("c", f"{FIRST}    if (n) {block}    if (i) {block}{REST}")
    assert len(re.findall(WHILE.replace(r"\w+ > ", "9 > "), text)) == 2, text


def test_a_loop_does_not_declare_a_parameter_once_more() -> None:
    assert "while" in variant("c", f"{FIRST}{LOOP}{REST}")
    assert "while" not in variant("c", f"{FIRST.replace('int n', 'int n, int j')}{LOOP}{REST}")


@pytest.mark.parametrize(
    ("language", "start", "condition"),
    [("php", "$i = 0, $n = 9", "$i < $n"), ("php", "$i = 0", ""), ("javascript", "", "i < n")],
)
def test_a_loop_without_one_of_each_part_keeps_its_form(
    language: str, start: str, condition: str
) -> None:
    opening = "<?php function f($n, $m)" if language == "php" else "function f(n, m)"
    body = "        if (1 === m) { g(1); } else { g(2); }\n        g(3);\n    }\n    return 4;\n"
    step = "$i++" if language == "php" else "i++"
    text = variant(language, f"{opening} {{\n    for ({start}; {condition}; {step}) {{\n{body}}}\n")
    assert "while" not in text
    assert "for (" in text


@pytest.mark.parametrize(
    "blocks",
    [
        " g(1)\n    else:\n        g(2)\n        g(3)",
        "\n        g(1)\n        g(2)\n    else: g(3)",
        "\n        g(1)\n        g(2)\n    else:\n     g(3)\n     g(4)",
    ],
)
def test_blocks_that_are_indented_differently_stay_where_they_are(blocks: str) -> None:
    text = variant("python", f"def f(a, b, c):\n    d = b == 1\n    if a:{blocks}\n    return d\n")
    assert re.search(r"if \w+:" + re.escape(blocks), text), text


def test_words_stay_apart() -> None:
    text = variant(
        "javascript",
        """
        function f(a, b, c) {
            if(a===1)return"x"===b;
            switch(c){case"x"===b:c=2;}
            return/* no */c;
        }
        """,
    )
    assert re.search(r'\)return \w+ === "x";', text), text
    assert re.search(r'{case \w+ === "x":', text), text
    assert re.search(r"return \w;|return \w+;\n}", text), text
    text = variant(
        "python", "def f(a, b, c):\n  if(a)or b:\n    g(1)\n  else:\n    g(2)\n  g(c==1or b)\n"
    )
    assert re.search(r"if not \(\(\w+\)or \w+\):", text), text
    assert re.search(r"1 == \w+ or \w+\)", text), text


def test_an_f_string_is_no_docstring() -> None:
    text = variant(
        "python", 'def f(a, b):\n    f"{a()}"\n    c = 1\n    if b == 1:\n        return c\n'
    )
    assert re.search(r'f"{\w+\(\)}"', text), text
