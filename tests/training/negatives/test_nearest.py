"""The nearest documents below a share of the positive's score."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from cpt_training.negatives import nearest as module
from cpt_training.negatives.nearest import nearest

ANY = float("inf")


def normalised(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    lengths: NDArray[np.float64] = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / lengths).astype(np.float32)


def unit(rows: int, seed: int) -> NDArray[np.float32]:
    return normalised(np.random.default_rng(seed).normal(size=(rows, 6)))


def by_hand(
    queries: NDArray[np.float32],
    documents: NDArray[np.float32],
    own: NDArray[np.int64],
    below: float,
    most: int,
) -> list[list[int]]:
    found = []
    for query, right in zip(queries, own, strict=True):
        scores = documents @ query
        others = [i for i in range(len(documents)) if i != right]
        near = [i for i in others if scores[i] < below * scores[right]]
        found.append(sorted(near, key=lambda i: -scores[i])[:most])
    return found


@pytest.mark.parametrize("below", [0.5, 0.95, ANY])
@pytest.mark.parametrize("most", [1, 4, 30])
def test_they_are_the_nearest_that_stay_below(below: float, most: int) -> None:
    documents = unit(20, 0)
    own = np.arange(3, 15)
    queries = normalised(documents[own] + unit(12, 1).astype(np.float64) / 2)
    found = [row.tolist() for row in nearest(queries, documents, own, below, most)]
    assert found == by_hand(queries, documents, own, below, most)
    assert any(found)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    queries, documents = unit(9, 2), unit(11, 3)
    whole = [row.tolist() for row in nearest(queries, documents, np.arange(9), ANY, 3)]
    monkeypatch.setattr(module, "CELLS", 25)  # two rows at a time
    assert [r.tolist() for r in nearest(queries, documents, np.arange(9), ANY, 3)] == whole


def test_of_equal_scores_the_first_come_first() -> None:
    documents = np.array([[1, 0]] * 6, np.float32)
    (found,) = nearest(documents[:1], documents, np.array([2]), ANY, 3)
    assert found.tolist() == [0, 1, 3]


def test_what_scores_like_the_right_answer_may_be_one_and_is_left() -> None:
    documents = np.array([[1, 0], [0.99, 0.141], [0.9, 0.436], [0, 1]], np.float32)
    (found,) = nearest(documents[:1], documents, np.array([0]), 0.95, 9)
    assert found.tolist() == [2, 3]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("below", [0.95, ANY])
@pytest.mark.parametrize("score", [-1.0, -0.2, 0.0])
def test_a_query_whose_own_document_scores_nothing_has_no_negatives(
    score: float, below: float
) -> None:
    cosines = [score, 0.98 * score, -0.9, 0.5]
    documents = np.array([[cosine, (1 - cosine**2) ** 0.5] for cosine in cosines], np.float32)
    query = np.array([[1, 0]], np.float32)
    (found,) = nearest(query, documents, np.array([0]), below, 9)
    assert found.tolist() == []
