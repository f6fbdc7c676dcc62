"""How far two pieces of code are apart as syntax trees."""

from __future__ import annotations

import pytest

from cpt_training.negatives.tree import MOST_NODES, tree_distance

OPEN = "def open_file(path):\n    return files.open(path)\n"


def test_other_names_and_comments_are_no_distance() -> None:
    renamed = "def shut(door):\n    # gently\n    return hinges.turn(door)\n"
    assert tree_distance(OPEN, renamed, "python", 0.0) == 0


def test_it_is_the_number_of_edits_over_the_nodes_of_both() -> None:
    # module, function, name, parameters, parameter, block, return, call, attribute, two names,
    # arguments, argument; the other has one argument more.
    more = OPEN.replace("open(path)", "open(path, mode)")
    distance = tree_distance(OPEN, more, "python", 1.0)
    assert distance == pytest.approx(1 / (13 + 14))
    assert distance == tree_distance(more, OPEN, "python", 1.0)


def test_another_type_costs_one_and_not_two() -> None:
    distance = tree_distance("x = 1\n", "x = 'a'\n", "python", 1.0)
    # module, statement, assignment, name, integer; a string has two marks and a content besides.
    assert distance == pytest.approx(4 / (5 + 8))


def test_a_distance_above_what_is_of_interest_is_none() -> None:
    other = "class Door:\n    def open(self): pass\n    def close(self): pass\n"
    whole = tree_distance(OPEN, other, "python", 1.0)
    assert whole is not None
    assert tree_distance(OPEN, other, "python", whole) == whole
    assert tree_distance(OPEN, other, "python", whole - 0.01) is None
    assert tree_distance(OPEN, OPEN, "python", -1.0) is None


def test_the_quick_bound_never_hides_a_small_distance() -> None:
    codes = [
        OPEN,
        "x = 1\n",
        "if a:\n    b()\nelse:\n    c()\n",
        "for a in b:\n    c(a)\n    d(a)\n",
    ]
    for one in codes:
        for other in codes:
            whole = tree_distance(one, other, "python", 1.0)
            assert whole is not None
            assert tree_distance(one, other, "python", whole + 1e-9) == whole


def test_what_cannot_be_parsed_and_what_is_large_is_not_compared() -> None:
    assert tree_distance("a", "a", "text", 1.0) is None
    large = "".join(f"a{i} = {i}\n" for i in range(MOST_NODES))
    assert tree_distance(large, large, "python", 1.0) is None


@pytest.mark.parametrize("language", ["go", "java", "rust", "typescript", "cpp"])
def test_a_function_that_stands_alone_is_compared_in_every_language(language: str) -> None:
    assert (
        tree_distance("int f(int a) { return a; }", "int f(int b) { return b; }", language, 0) == 0
    )
