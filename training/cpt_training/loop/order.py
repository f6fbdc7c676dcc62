"""The order loss over graded pairs."""

from __future__ import annotations

import torch

from cpt_training.loop.losses import Batch


def order_loss(batch: Batch, scale: float) -> torch.Tensor:
    """How far the cosines of graded pairs are from the order of their grades.

    The order objective of OASIS (Gao et al. 2025, "OASIS: Order-Augmented Strategy for Improved
    Code Search", hybrid objective; the form is Su's CoSENT): over all graded pairs of a query and a
    document, the logarithm of one plus the sum of ``exp(scale * (cos(b) - cos(a)))`` over all
    pairs a, b with a higher grade of a. Graded are every query's document, with 1, and its hard
    negatives, with their own grades; pairs of equal grades, and a query with another one's
    documents, say nothing.

    The sum over b is a running one once the pairs are sorted by grade, so that p pairs cost
    p log p steps, and not p * p.

    Args:
        batch: rows of unit length, with ``owners`` and ``grades``.
        scale: inverse temperature.

    Returns:
        A scalar of the whole batch, 0 where all grades are equal.
    """
    assert batch.owners is not None
    assert batch.grades is not None
    n = len(batch.queries)
    own = (batch.queries * batch.documents[:n]).sum(dim=1)
    graded = (batch.queries[batch.owners] * batch.documents[n:]).sum(dim=1)
    grades, order = torch.cat([torch.ones_like(own), batch.grades]).sort(stable=True)
    logits = (torch.cat([own, graded]) * scale)[order]
    # How many pairs have a lower grade than this one: none where equal ones alone come before it.
    lower = torch.searchsorted(grades, grades, side="left")
    above = lower > 0
    below = logits.logcumsumexp(dim=0)[lower[above] - 1]
    return torch.cat([logits.new_zeros(1), below - logits[above]]).logsumexp(dim=0)
