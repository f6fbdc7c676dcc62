"""Text-code matching: do a query and a document belong together?

Wang et al. (2023, "CodeT5+: Open Code Large Language Models for Code Understanding and Generation",
section 3.2): beside the contrastive loss, a binary decision over each pair, over the query with a
hard negative document, and over the document with a hard negative query.

The paper's head is the model's decoder, which attends to the states of all tokens, and its
negatives are drawn by contrastive similarity out of a momentum encoder's queue. This one reads the
two embeddings and nothing else, so that it serves every encoder, static ones too, and goes with
cached gradients and batches of thousands. Its negatives are texts of the batch: the nearest by
cosine, and of these one that the head itself takes for a match.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from cpt_training.loop.losses import Batch
from cpt_training.sections.matching import Matching

HIDDEN = 128


class MatchingHead(nn.Module):
    """One hidden layer over two embeddings, their product and their distance in each dimension."""

    def __init__(self, config: Matching, width: int) -> None:
        super().__init__()
        self._config = config
        # One layer over four inputs: what they share is computed once for all candidates.
        self.query = nn.Linear(width, HIDDEN)
        self.document, self.product, self.distance = (
            nn.Linear(width, HIDDEN, bias=False) for _ in range(3)
        )
        self.out = nn.Linear(HIDDEN, 1)

    def forward(
        self, batch: Batch, rows: slice, seed: int, negative_below: float = math.inf
    ) -> torch.Tensor:
        """Weighted binary cross-entropy: the part that ``rows`` add, a scalar.

        The parts of all rows sum to the mean over three decisions a row: the pair, the query with
        a wrong document, the document with a wrong query. A row without any wrong text in the batch
        has no such decision. What is drawn depends on the seed, the row and the embeddings alone,
        however the batch is cut.

        Args:
            batch: rows of unit length.
            rows: queries, and their documents, whose share is wanted.
            seed: of this step, the same in every process.
            negative_below: the grade from which a hard negative is no wrong text of its query's.
        """
        n = len(batch.queries)
        queries, documents = batch.queries[rows], batch.documents[:n][rows]
        related = batch.related(rows, negative_below)
        noise = self._noise(n, seed)[:, rows].to(queries.device)
        asked = self._hard_negatives(
            lambda near: self.logits(queries[:, None], batch.documents[near]),
            queries.detach() @ batch.documents.detach().T,
            related,
            noise[0],
        )
        answered = self._hard_negatives(
            lambda near: self.logits(batch.queries[near], documents[:, None]),
            documents.detach() @ batch.queries.detach().T,
            related[:, :n],
            noise[1],
        )
        right = functional.softplus(-self.logits(queries, documents)).sum()
        wrong = functional.softplus(asked).sum() + functional.softplus(answered).sum()
        return self._config.weight * (right + wrong) / (3 * n)

    def logits(self, queries: torch.Tensor, documents: torch.Tensor) -> torch.Tensor:
        """How much the head believes in a match, float32 (...), of unit rows (..., d)."""
        # Each input is about as long as the next; a product of unit rows would be far shorter.
        product = queries * documents * queries.shape[-1] ** 0.5
        hidden = (
            self.query(queries)
            + self.document(documents)
            + self.product(product)
            + self.distance((queries - documents).abs())
        )
        believed: torch.Tensor = self.out(functional.gelu(hidden)).squeeze(-1)
        return believed

    def _hard_negatives(
        self,
        believe: Callable[[torch.Tensor], torch.Tensor],
        cosines: torch.Tensor,
        related: torch.Tensor,
        noise: torch.Tensor,
    ) -> torch.Tensor:
        """The logit of one hard negative for each row that has any, float32 (at most r,).

        ``believe`` gives the logits of columns of ``cosines``, float32 (r, m), as it is told their
        numbers, int64 (r, k). Of the nearest columns that are not ``related``, bool (r, m), one is
        drawn with the softmax of their logits: the largest of these and Gumbel ``noise`` together
        (Maddison et al. 2014, "A* Sampling", section 2).
        """
        most = min(self._config.candidates, cosines.shape[1])
        nearest = cosines.masked_fill(related, -torch.inf).topk(most, sorted=False).indices
        # In the order of rows: rounding, which differs between processes, may swap equal cosines.
        nearest = nearest.sort(dim=1).values
        with torch.no_grad():
            logits = believe(nearest).masked_fill(related.gather(1, nearest), -torch.inf)
        drawn = (logits + noise[:, :most]).argmax(dim=1, keepdim=True)
        return believe(nearest.gather(1, drawn)).squeeze(1)[~related.all(dim=1)]

    def _noise(self, rows: int, seed: int) -> torch.Tensor:
        """Standard Gumbel noise for both directions, float32 (2, rows, candidates)."""
        generator = torch.Generator().manual_seed(seed)
        noise = torch.empty(2, rows, self._config.candidates)
        return -noise.exponential_(generator=generator).log()
