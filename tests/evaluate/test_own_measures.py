"""Which hits are right, and what their ranks are worth."""

from __future__ import annotations

import math

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate import MinedQuery
from cpt_rag.evaluate.commits import FileQuery
from cpt_rag.evaluate.measures import Found, figure_of, judge, ndcg, recall, reciprocal_rank
from cpt_rag.types import Hit

PLACE = MinedQuery("a question", "a.py", 100, 200, "docstring", 100, 100)


def hit(path: str, start: int = 0, end: int = 1) -> Hit:
    return Hit("root", path, 1, 1, "", 1.0, None, "function", "python", start, end)


def test_the_first_hit_that_overlaps_the_answer_finds_it() -> None:
    hits = [hit("a.py", 0, 100), hit("b.py", 100, 200), hit("a.py", 199, 300), hit("a.py", 0, 150)]
    assert judge(PLACE, hits) == Found((3,), 1)
    assert judge(PLACE, hits[:2]) == Found((), 1)
    assert judge(PLACE, [hit("a.py", 200, 300)]) == Found((), 1)


def test_files_rank_by_their_first_hit() -> None:
    query = FileQuery("a question", ("b.py", "c.py"), "commit")
    hits = [
        hit("a.py"),
        hit("a.py", 5, 6),
        hit("b.py"),
        hit("a.py", 7, 8),
        hit("c.py"),
        hit("b.py"),
    ]
    assert judge(query, hits) == Found((2, 3), 2)
    assert judge(query, hits[:2]) == Found((), 2)


@pytest.mark.parametrize(
    ("found", "gain", "reciprocal", "share"),
    [
        (Found((1,), 1), 1.0, 1.0, 1.0),
        (Found((2,), 1), 1 / math.log2(3), 0.5, 1.0),
        (Found((10,), 1), 1 / math.log2(11), 0.1, 1.0),
        (Found((11,), 1), 0.0, 0.0, 0.0),
        (Found((), 3), 0.0, 0.0, 0.0),
        (Found((1, 2), 2), 1.0, 1.0, 1.0),
        (Found((1, 12), 2), 1 / (1 + 1 / math.log2(3)), 1.0, 0.5),
    ],
)
def test_what_ranks_are_worth(found: Found, gain: float, reciprocal: float, share: float) -> None:
    assert ndcg(found) == pytest.approx(gain)
    assert reciprocal_rank(found) == pytest.approx(reciprocal)
    assert recall(found) == pytest.approx(share)


def test_a_figure_is_the_mean_over_queries() -> None:
    figure = figure_of([Found((1,), 1), Found((2,), 1), Found((), 1), Found((), 1)], "MRR@10")
    assert (figure.value, figure.units) == (0.375, 4)
    with pytest.raises(InvalidInputError):
        figure_of([], "MRR@10")
