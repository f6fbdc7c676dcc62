"""A head that tells whether a query and a document belong together."""

from __future__ import annotations

from dataclasses import dataclass

from cpt_training.sections import Require


@dataclass(frozen=True, slots=True)
class Matching:
    """Text-code matching beside the contrastive loss, and forgotten after training.

    ``weight`` multiplies its loss. ``candidates`` are the nearest wrong texts of the batch, by
    cosine, among which the head draws each hard negative by its own belief.
    """

    weight: float
    candidates: int

    def check(self, require: Require) -> None:
        """Refuse impossible values."""
        require(self.weight > 0, "matching.weight", "a positive number")
        require(self.candidates >= 1, "matching.candidates", "at least 1")
