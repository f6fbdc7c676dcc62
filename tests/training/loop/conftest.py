"""Batches of random texts, as the losses are given them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

from cpt_training.loop.losses import Batch


def unit(rows: int, seed: int, width: int = 8) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return functional.normalize(torch.randn(rows, width, generator=generator))


def batch(
    queries: torch.Tensor,
    documents: torch.Tensor,
    query_keys: Sequence[int] = (),
    document_keys: Sequence[int] = (),
) -> Batch:
    """A batch whose texts all differ where no keys are given."""
    return Batch(
        queries,
        documents,
        torch.tensor(query_keys or range(len(queries))),
        torch.tensor(document_keys or range(1000, 1000 + len(documents))),
    )
