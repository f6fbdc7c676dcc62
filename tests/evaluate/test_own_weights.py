"""Fusion weights are chosen on one half of the queries and proposed by the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cpt_rag.evaluate.commits import FileQuery
from cpt_rag.evaluate.measures import Found, Query
from cpt_rag.own.report import ByClass
from cpt_rag.own.weights import try_weights

Asked = Mapping[str, Sequence[Query]]
Weights = tuple[float, float] | None

QUERIES = [FileQuery(str(i), ("a",), "commit") for i in range(40)]
RIGHT, WRONG = Found((1,), 1), Found((), 1)


def answers(asked: Asked, is_right: Sequence[int]) -> ByClass:
    return {
        name: [RIGHT if int(query.query) in is_right else WRONG for query in queries]
        for name, queries in asked.items()
    }


def test_weights_that_help_on_both_halves_are_proposed() -> None:
    def ask(asked: Asked, weights: Weights) -> ByClass:
        return answers(asked, range(30) if weights == (1.0, 0.3) else range(10))

    trial = try_weights({"commit": QUERIES}, ask)
    assert (trial.weights, trial.chosen_on) == ((1.0, 0.3), 20)
    assert trial.gains.keys() == {"commit"}
    assert (trial.gains["commit"].value, trial.gains["commit"].units) == (0.5, 20)
    assert trial.proposed


def test_weights_that_help_only_where_they_were_chosen_are_not() -> None:
    def ask(asked: Asked, weights: Weights) -> ByClass:
        return answers(asked, range(0, 40, 2) if weights == (0.1, 1.0) else [])

    trial = try_weights({"commit": QUERIES}, ask)
    assert trial.weights == (0.1, 1.0)
    assert trial.gains["commit"].value == 0
    assert not trial.proposed


def test_of_equals_the_default_stays() -> None:
    trial = try_weights({"commit": QUERIES}, lambda asked, weights: answers(asked, range(5)))
    assert trial.weights is None
    assert not trial.proposed


def test_classes_count_alike() -> None:
    def ask(asked: Asked, weights: Weights) -> ByClass:
        # Good for the few, bad for the many: as much for one class as against the other.
        good = weights == (1.0, 0.1)
        return {
            "few": answers({"few": asked["few"]}, range(40) if good else [])["few"],
            "many": answers({"many": asked["many"]}, [] if good else range(20))["many"],
        }

    trial = try_weights({"few": QUERIES[:10], "many": QUERIES}, ask)
    assert trial.weights == (1.0, 0.1)
    assert list(trial.gains) == ["few", "many", "all"]
    assert trial.gains["all"].value == 0.25
