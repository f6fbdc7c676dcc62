"""The order loss, against its definition computed by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest
import torch
from torch.nn import functional

from cpt_training.loop.losses import Batch, symmetric_info_nce
from cpt_training.loop.order import order_loss

from .conftest import unit

SCALE = 20.0
NO_OWNERS, NO_GRADES = torch.empty(0, dtype=torch.int64), torch.empty(0)


def batch(
    queries: torch.Tensor, documents: torch.Tensor, owners: Sequence[int], grades: Sequence[float]
) -> Batch:
    return Batch(
        queries,
        documents,
        torch.arange(len(queries)),
        torch.arange(100, 100 + len(documents)),
        torch.tensor(owners),
        torch.tensor(grades),
    )


def by_hand(given: Batch) -> torch.Tensor:
    """Every pair of graded pairs, one after the other."""
    assert given.owners is not None
    assert given.grades is not None
    n = len(given.queries)
    owners = [*range(n), *given.owners.tolist()]
    cosines = [given.queries[o] @ given.documents[i] for i, o in enumerate(owners)]
    graded = list(zip([1.0] * n + given.grades.tolist(), cosines, strict=True))
    terms = [
        torch.exp(SCALE * (lower - higher))
        for (more, higher), (less, lower) in product(graded, graded)
        if more > less
    ]
    return torch.log(1 + sum(terms, torch.zeros(())))


def test_a_case_on_paper() -> None:
    # One query along x; cosines .6 for its document, .8 and 0 for negatives of .5 and .2.
    documents = torch.tensor([[0.6, 0.8], [0.8, 0.6], [0.0, 1.0]])
    given = batch(torch.tensor([[1.0, 0.0]]), documents, [0, 0], [0.5, 0.2])
    expected = math.log(1 + math.exp(2 * 0.2) + math.exp(2 * -0.6) + math.exp(2 * -0.8))
    assert order_loss(given, 2.0).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "grades",
    [[0.1, 0.9, 0.4, 0.5, 0.3, 0.2], [0.5] * 6, [0.0, 1.0, 0.0, 1.0, 0.5, 0.5], [1.0] * 6],
)
def test_all_pairs_of_the_batch_are_compared_and_equal_grades_are_not(
    grades: list[float],
) -> None:
    queries, documents = unit(4, 0).requires_grad_(), unit(10, 1).requires_grad_()
    given = batch(queries, documents, [0, 0, 1, 3, 3, 3], grades)
    loss, expected = order_loss(given, SCALE), by_hand(given)
    torch.testing.assert_close(loss, expected)
    if expected.requires_grad:
        found, wanted = (torch.autograd.grad(one, (queries, documents)) for one in (loss, expected))
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def test_where_all_grades_are_equal_there_is_nothing_to_learn() -> None:
    assert order_loss(batch(unit(3, 0), unit(5, 1), [0, 1], [1.0, 1.0]), SCALE).item() == 0


def test_a_step_down_the_gradient_brings_the_higher_graded_negative_nearer() -> None:
    queries, documents = unit(1, 2), unit(3, 3).requires_grad_()
    given = batch(queries, documents, [0, 0], [0.8, 0.1])
    (gradient,) = torch.autograd.grad(order_loss(given, SCALE), documents)
    before, after = ((queries @ d.T)[0] for d in (documents, documents - 0.01 * gradient))
    assert after[1] - after[2] > before[1] - before[2]


def test_without_hard_negatives_there_is_nothing_to_learn() -> None:
    none = replace(batch(unit(3, 0), unit(3, 1), [0], [0.0]), owners=NO_OWNERS, grades=NO_GRADES)
    assert order_loss(none, SCALE).item() == 0


@pytest.mark.parametrize("below", [0.7, 0.3])
def test_a_hard_negative_of_a_high_grade_is_none_of_its_own_query(below: float) -> None:
    queries, documents = unit(3, 4), unit(5, 5)
    given = batch(queries, documents, [0, 2], [0.5, 0.9])
    logits = queries @ documents.T * SCALE
    spared = [(0, 3), (2, 4)] if below <= 0.5 else [(2, 4)]
    for row, document in spared:
        logits[row, document] = -torch.inf
    own = torch.arange(3)
    answered = functional.cross_entropy((documents[:3] @ queries.T) * SCALE, own)
    expected = (functional.cross_entropy(logits, own) + answered) / 2
    log_scale = torch.tensor(math.log(SCALE))
    loss = symmetric_info_nce(given, log_scale, slice(0, 3), below)
    torch.testing.assert_close(loss, expected)
    parts = [symmetric_info_nce(given, log_scale, slice(i, i + 1), below) for i in range(3)]
    torch.testing.assert_close(torch.stack(parts).sum(), expected)


def test_a_narrower_batch_keeps_its_grades() -> None:
    given = batch(unit(3, 0), unit(5, 1), [0, 2], [0.5, 0.9]).cut(4)
    assert given.queries.shape == (3, 4)
    assert given.grades is not None
    assert given.grades.tolist() == pytest.approx([0.5, 0.9])
