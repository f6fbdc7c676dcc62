"""Names that are defined once ask for the place that defines them."""

from __future__ import annotations

import pytest

from cpt_rag.evaluate.symbols import symbol_queries

PYTHON = '''\
class Retry:
    """Retry is named here, too."""

    @property
    def delay(self):
        def inside_of_delay():
            return 1
        return inside_of_delay()

def run():
    return Retry().delay
'''


def names(**texts: str) -> list[str]:
    found = symbol_queries({name.replace("_", "."): text for name, text in texts.items()})
    return [query.query for query in found]


def test_each_definition_is_asked_by_its_bare_name() -> None:
    retry, delay = symbol_queries({"a.py": PYTHON})
    assert (retry.query, delay.query) == ("Retry", "delay")
    assert PYTHON[: retry.start] == "class "
    assert PYTHON[: delay.start].endswith("@property\n    def ")
    assert PYTHON[delay.start : delay.end] == "delay"
    assert {retry.query_class, delay.query_class} == {"symbol"}


def test_nothing_is_cut_out_for_a_name() -> None:
    assert all(query.asked_start == query.asked_end for query in symbol_queries({"a.py": PYTHON}))


def test_a_name_that_is_defined_twice_in_whatever_case_is_not_asked() -> None:
    assert names(a_py=PYTHON, b_go="package b\n\nfunc DELAY() int {\n\treturn 1\n}\n") == ["Retry"]


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        (
            "a.go",
            "package a\n\nfunc (x *Index) Lookup(n int) bool {\n\treturn x.m[n]\n}\n",
            "Lookup",
        ),
        ("a.js", "export const parseQuery = (url) => {\n  return split(url)\n}\n", "parseQuery"),
        ("a.cpp", "int Shape::rounded(double x) {\n  return f(x);\n}\n", "rounded"),
        ("a.rs", "#[inline]\nfn wrapping(a: u8) -> u8 {\n    a\n}\n", "wrapping"),
    ],
)
def test_in_any_language(path: str, text: str, name: str) -> None:
    [query] = symbol_queries({path: text})
    assert query.query == name == text[query.start : query.end]


@pytest.mark.parametrize("path", ["a.py", "a.go", "a.md", "a.bin"])
@pytest.mark.parametrize("text", ["", "\x00\ufffd", "def f(:\n '''", "def \n", "# Title here\n"])
def test_what_defines_nothing_asks_nothing(path: str, text: str) -> None:
    assert symbol_queries({path: text}) == []
