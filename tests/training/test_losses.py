"""Symmetric InfoNCE, against its definition."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from cpt_training.losses import symmetric_info_nce


def unit(rows: int, seed: int) -> torch.Tensor:
    return functional.normalize(torch.randn(rows, 8, generator=torch.Generator().manual_seed(seed)))


def test_it_is_the_mean_cross_entropy_of_both_directions() -> None:
    q, d, scale = unit(5, 0), unit(5, 1), 20.0
    logits = (q @ d.T * scale).tolist()
    rows = [math.log(sum(map(math.exp, row))) - row[i] for i, row in enumerate(logits)]
    columns = [math.log(sum(math.exp(row[j]) for row in logits)) - logits[j][j] for j in range(5)]
    expected = (sum(rows) + sum(columns)) / 10
    loss = symmetric_info_nce(q, d, torch.tensor(math.log(scale)))
    assert math.isclose(loss.item(), expected, rel_tol=1e-5)


def test_it_does_not_matter_which_side_is_which() -> None:
    q, d, log_scale = unit(6, 2), unit(6, 3), torch.tensor(2.0)
    torch.testing.assert_close(
        symmetric_info_nce(q, d, log_scale), symmetric_info_nce(d, q, log_scale)
    )


def test_matching_pairs_lose_less_than_shuffled_ones() -> None:
    q, log_scale = unit(6, 4), torch.tensor(3.0)
    assert symmetric_info_nce(q, q, log_scale) < symmetric_info_nce(q, q.roll(1, 0), log_scale)


def test_the_temperature_is_trained() -> None:
    log_scale = torch.nn.Parameter(torch.tensor(0.0))
    loss = symmetric_info_nce(unit(6, 5), unit(6, 5), log_scale)
    loss.backward()  # type: ignore[no-untyped-call]
    assert log_scale.grad is not None
    assert log_scale.grad.item() < 0  # right pairs are nearest, so the loss wants a larger scale
