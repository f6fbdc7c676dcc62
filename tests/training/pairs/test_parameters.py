from __future__ import annotations

import pytest

from cpt_training.pairs.code.definitions import definitions
from cpt_training.pairs.code.parameters import parameter_names
from cpt_training.pairs.pair import SourceFile


@pytest.mark.parametrize(
    ("language", "source", "names"),
    [
        ("python", "def f(self, a, /, b: int = 2, *c, d=3, **e): pass", ("a", "b", "c", "d", "e")),
        ("javascript", "const f = (a, {b}, c = 1, ...d) => { g(); }", ("a", "", "c", "d")),
        ("javascript", "const f = a => { g(); }", ("a",)),
        ("typescript", "function f(a: string, b?: T): void { g(); }", ("a", "b")),
        ("java", "class A { int f(int a, String... b) { return 1; } }", ("a", "b")),
        ("go", "package p\nfunc (s *T) f(a, b int, c ...string) { g() }", ("a", "b", "c")),
        ("rust", "fn f(&self, a: u8, mut b: &str) { g(); }", ("a", "b")),
        ("php", "<?php function f($a, int &$b = 2, ...$c) { g(); }", ("a", "b", "c")),
        ("ruby", "def f(a, b = 2, *c, d:)\n  g\nend", ("a", "b", "c", "d")),
        ("c", "int f(const char *a, int b[], int (*c)(int)) { return 1; }", ("a", "b", "c")),
        ("c", "int f(void) { return 1; }", ()),
        ("cpp", "int A::f(const T &a, std::vector<int> b = {}) { return 1; }", ("a", "b")),
    ],
)
def test_parameters_in_their_order_without_the_object(
    language: str, source: str, names: tuple[str, ...]
) -> None:
    found = [one for one in definitions(SourceFile("a", language, source)) if one.name != "A"]
    assert parameter_names(found[0].node) == names
