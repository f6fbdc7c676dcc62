"""What a batch of embeddings is told about itself. Every loss is a scalar, float32."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Batch:
    """The embeddings of a whole batch, over all processes.

    Args:
        queries: float32 (n, d).
        documents: float32 (n + m, d): row i belongs to query i; the last m are hard negatives.
        query_keys: int64 (n,), equal for equal texts.
        document_keys: int64 (n + m,), likewise.
        owners: int64 (m,), the query that each hard negative was given for; None where nobody asks.
        grades: float32 (m,), how alike that query it is, in [0, 1]; None where nobody has said.
    """

    queries: torch.Tensor
    documents: torch.Tensor
    query_keys: torch.Tensor
    document_keys: torch.Tensor
    owners: torch.Tensor | None = None
    grades: torch.Tensor | None = None

    def cut(self, width: int) -> Batch:
        """The first ``width`` dimensions, rows of unit length again."""
        return replace(
            self,
            queries=functional.normalize(self.queries[:, :width], dim=-1),
            documents=functional.normalize(self.documents[:, :width], dim=-1),
        )

    def related(self, rows: slice, negative_below: float = math.inf) -> torch.Tensor:
        """Documents that are no negatives of ``rows``' queries, bool (r, n + m).

        They are each query's own, those of the same text, those that belong to a query of the same
        text, and its own hard negatives of a grade from ``negative_below`` on; the first n columns
        hold for the documents of ``rows`` and all queries too.
        """
        n = len(self.queries)
        related = self.document_keys[:n][rows, None] == self.document_keys
        related[:, :n] |= self.query_keys[rows, None] == self.query_keys
        if self.owners is not None and self.grades is not None:
            asking = torch.arange(n, device=self.owners.device)[rows, None]
            related[:, n:] |= (self.owners == asking) & (self.grades >= negative_below)
        return related


def symmetric_info_nce(
    batch: Batch, log_scale: torch.Tensor, rows: slice, negative_below: float = math.inf
) -> torch.Tensor:
    """Cross-entropy over in-batch cosine similarities, both ways: the part that ``rows`` add.

    Neelakantan et al. (2022, section 2): logits are cosine times ``exp(log_scale)`` with a trained
    scale; row i of one side belongs to row i of the other, and every other row is a negative. The
    parts of all rows sum to the mean over the batch, so that neither one process nor one moment has
    to hold all logits.

    What is no negative is left out: a document of the same text as the query's own, one that
    belongs to a query of the same text, and a query's own hard negative that is graded too high.

    Args:
        batch: rows of unit length.
        log_scale: scalar parameter, the logarithm of the inverse temperature.
        rows: queries, and their documents, whose share is wanted.
        negative_below: the grade from which a hard negative is none of its query's.
    """
    n = len(batch.queries)
    own = torch.arange(n, device=batch.queries.device)[rows]
    twins = batch.related(rows, negative_below)
    twins[torch.arange(len(own), device=own.device), own] = False
    scale = log_scale.exp()
    asked = (batch.queries[rows] @ batch.documents.T * scale).masked_fill(twins, -torch.inf)
    answered = batch.documents[:n][rows] @ batch.queries.T * scale
    answered = answered.masked_fill(twins[:, :n], -torch.inf)
    return (
        functional.cross_entropy(asked, own, reduction="sum")
        + functional.cross_entropy(answered, own, reduction="sum")
    ) / (2 * n)


def similarity_distillation(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Mean squared difference of all cosines within a batch (Park et al. 2019, "Relational
    Knowledge Distillation", section 3, with cosines as the relation).

    Args:
        student: unit rows, float32 (n, d).
        teacher: unit rows, float32 (n, e), of the same texts.
    """
    return functional.mse_loss(student @ student.T, teacher @ teacher.T)


def vector_distillation(
    student: torch.Tensor, teacher: torch.Tensor, projection: torch.Tensor
) -> torch.Tensor:
    """Mean of one minus the cosine of the projected student to its teacher.

    Args:
        student: unit rows, float32 (n, d).
        teacher: unit rows, float32 (n, e).
        projection: float32 (d, e), trained and then forgotten.
    """
    return 1 - functional.cosine_similarity(student @ projection, teacher).mean()
