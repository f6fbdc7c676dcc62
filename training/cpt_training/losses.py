"""Contrastive losses. Each takes unit rows and a log-scale, and returns a scalar."""

from __future__ import annotations

import torch
from torch.nn import functional


def symmetric_info_nce(
    queries: torch.Tensor, documents: torch.Tensor, log_scale: torch.Tensor
) -> torch.Tensor:
    """Cross-entropy over in-batch cosine similarities, both ways.

    Neelakantan et al. (2022, section 2): logits are cosine times ``exp(log_scale)`` with a trained
    scale; row i of one side belongs to row i of the other, and every other row is a negative.

    Args:
        queries: unit rows, float (n, d).
        documents: unit rows, float (n, d).
        log_scale: scalar parameter, the logarithm of the inverse temperature.
    """
    logits = queries @ documents.T * log_scale.exp()
    labels = torch.arange(len(queries), device=logits.device)
    return (
        functional.cross_entropy(logits, labels) + functional.cross_entropy(logits.T, labels)
    ) / 2
