"""The losses, against their definitions computed by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch
from torch.nn import functional

from cpt_training.loop.losses import (
    similarity_distillation,
    symmetric_info_nce,
    vector_distillation,
)

from .conftest import batch, unit

SCALE = 20.0
LOG_SCALE = torch.tensor(math.log(SCALE))
WHOLE = slice(None)


def by_hand(
    queries: torch.Tensor,
    documents: torch.Tensor,
    none_for_queries: Sequence[tuple[int, int]] = (),
    none_for_documents: Sequence[tuple[int, int]] = (),
) -> float:
    """The mean over both directions of -log softmax, without the logits that are named.

    ``none_for_queries`` are pairs of a query and a document that is no negative of it,
    ``none_for_documents`` pairs of a document and a query.
    """
    n, logits = len(queries), (queries @ documents.T * SCALE).tolist()
    total = 0.0
    for i in range(n):
        asked = [x for j, x in enumerate(logits[i]) if (i, j) not in none_for_queries]
        answered = [logits[j][i] for j in range(n) if (i, j) not in none_for_documents]
        for among in (asked, answered):
            total += math.log(sum(map(math.exp, among))) - logits[i][i]
    return total / (2 * n)


def test_info_nce_is_the_mean_cross_entropy_of_both_directions() -> None:
    q, d = unit(5, 0), unit(5, 1)
    loss = symmetric_info_nce(batch(q, d), LOG_SCALE, WHOLE)
    assert loss.item() == pytest.approx(by_hand(q, d), rel=1e-5)


def test_it_does_not_matter_which_side_is_which() -> None:
    q, d = unit(6, 2), unit(6, 3)
    torch.testing.assert_close(
        symmetric_info_nce(batch(q, d), LOG_SCALE, WHOLE),
        symmetric_info_nce(batch(d, q), LOG_SCALE, WHOLE),
    )


def test_matching_pairs_lose_less_than_shuffled_ones() -> None:
    q = unit(6, 4)
    right = symmetric_info_nce(batch(q, q), LOG_SCALE, WHOLE)
    assert right < symmetric_info_nce(batch(q, q.roll(1, 0)), LOG_SCALE, WHOLE)


@pytest.mark.parametrize("at_once", [1, 2, 4, 7])
def test_the_parts_of_all_rows_sum_to_the_loss_of_the_batch(at_once: int) -> None:
    # Twins and hard negatives too: a part has to look them up in the whole batch.
    given = batch(unit(7, 5), unit(10, 6), [0, 1, 2, 0, 4, 5, 6], [0, 1, 1, 3, 4, 5, 6, 7, 8, 4])
    parts = [
        symmetric_info_nce(given, LOG_SCALE, slice(start, min(start + at_once, 7)))
        for start in range(0, 7, at_once)
    ]
    whole = symmetric_info_nce(given, LOG_SCALE, WHOLE)
    torch.testing.assert_close(torch.stack(parts).sum(), whole)


def test_another_document_of_the_same_text_is_no_negative() -> None:
    q, d = unit(4, 7), unit(4, 8)
    loss = symmetric_info_nce(batch(q, d, document_keys=[10, 11, 10, 13]), LOG_SCALE, WHOLE)
    twins = [(0, 2), (2, 0)]
    assert loss.item() == pytest.approx(by_hand(q, d, twins, twins), rel=1e-5)
    assert loss.item() != pytest.approx(by_hand(q, d), rel=1e-3)


def test_the_document_of_a_query_of_the_same_text_is_no_negative() -> None:
    q, d = unit(4, 9), unit(4, 10)
    loss = symmetric_info_nce(batch(q, d, query_keys=[5, 6, 7, 6]), LOG_SCALE, WHOLE)
    twins = [(1, 3), (3, 1)]
    assert loss.item() == pytest.approx(by_hand(q, d, twins, twins), rel=1e-5)
    assert loss.item() != pytest.approx(by_hand(q, d), rel=1e-3)


def test_three_pairs_of_one_text_keep_only_their_own() -> None:
    q, d = unit(4, 11), unit(4, 12)
    loss = symmetric_info_nce(batch(q, d, [5, 5, 5, 6], [1, 2, 3, 4]), LOG_SCALE, WHOLE)
    twins = [(i, j) for i in range(3) for j in range(3) if i != j]
    assert loss.item() == pytest.approx(by_hand(q, d, twins, twins), rel=1e-5)


def test_hard_negatives_count_for_queries_and_not_for_documents() -> None:
    q, d = unit(3, 13), unit(5, 14)  # two documents more than queries
    loss = symmetric_info_nce(batch(q, d), LOG_SCALE, WHOLE)
    assert loss.item() == pytest.approx(by_hand(q, d), rel=1e-5)
    asked = functional.cross_entropy(q @ d.T * SCALE, torch.arange(3))
    answered = functional.cross_entropy(d[:3] @ q.T * SCALE, torch.arange(3))
    torch.testing.assert_close(loss, (asked + answered) / 2)


def test_a_hard_negative_of_the_text_of_a_querys_document_is_none_of_that_query() -> None:
    q, d = unit(3, 15), unit(4, 16)
    loss = symmetric_info_nce(batch(q, d, document_keys=[1, 2, 3, 2]), LOG_SCALE, WHOLE)
    assert loss.item() == pytest.approx(by_hand(q, d, [(1, 3)]), rel=1e-5)


def test_the_temperature_is_trained() -> None:
    log_scale = torch.nn.Parameter(torch.tensor(0.0))
    q = unit(6, 5)
    symmetric_info_nce(batch(q, q), log_scale, WHOLE).backward()  # type: ignore[no-untyped-call]
    assert log_scale.grad is not None
    assert log_scale.grad.item() < 0  # right pairs are nearest, so the loss wants a larger scale


def test_a_cut_batch_has_the_first_dimensions_at_unit_length() -> None:
    given = batch(unit(3, 17), unit(5, 18), [1, 2, 3], [4, 5, 6, 7, 8])
    cut = given.cut(3)
    for rows, whole in ((cut.queries, given.queries), (cut.documents, given.documents)):
        assert rows.shape == (len(whole), 3)
        torch.testing.assert_close(rows.norm(dim=1), torch.ones(len(whole)))
        torch.testing.assert_close(
            functional.cosine_similarity(rows, whole[:, :3]), rows.norm(dim=1)
        )
    assert cut.query_keys is given.query_keys
    assert cut.document_keys is given.document_keys


def test_the_whole_width_cuts_nothing() -> None:
    given = batch(unit(3, 19), unit(3, 20))
    torch.testing.assert_close(given.cut(8).queries, given.queries)


def test_a_rotated_copy_of_the_teacher_has_nothing_to_learn_from_its_similarities() -> None:
    teacher = unit(6, 21)
    rotation = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(22)))[0]
    assert similarity_distillation(teacher @ rotation, teacher).item() == pytest.approx(
        0, abs=1e-10
    )
    assert similarity_distillation(teacher.roll(1, 0), teacher) > 0.01


def test_similarities_are_matched_as_their_mean_squared_difference() -> None:
    student, teacher = unit(4, 23, 3), unit(4, 24, 6)
    pairs = [(i, j) for i in range(4) for j in range(4)]
    squares = [((student[i] @ student[j]) - (teacher[i] @ teacher[j])) ** 2 for i, j in pairs]
    expected = sum(square.item() for square in squares) / 16
    assert similarity_distillation(student, teacher).item() == pytest.approx(expected, rel=1e-5)


def test_vectors_are_matched_where_the_projection_maps_exactly() -> None:
    student, projection = unit(5, 25, 4), torch.randn(4, 8, generator=torch.Generator())
    teacher = functional.normalize(student @ projection)
    exact = vector_distillation(student, teacher, projection)
    assert exact.item() == pytest.approx(0, abs=1e-6)
    opposite = vector_distillation(student, -teacher, projection)
    assert opposite.item() == pytest.approx(2, abs=1e-6)
