"""How graded hard negatives are learnt from."""

from __future__ import annotations

from dataclasses import dataclass

from cpt_training.sections import Require


@dataclass(frozen=True, slots=True)
class Order:
    """What the grades of hard negatives are for (OASIS).

    ``weight`` multiplies the order loss beside the contrastive one; 0 is without it. ``scale`` is
    its inverse temperature, which is not trained. A hard negative with a grade of
    ``negative_below`` or more answers its query well enough to be no negative of it in the
    contrastive loss.
    """

    weight: float
    scale: float
    negative_below: float

    def check(self, require: Require) -> None:
        """Refuse impossible values."""
        require(self.weight >= 0, "order.weight", "at least 0")
        require(self.scale > 0, "order.scale", "a positive number")
        require(
            self.negative_below > 0,
            "order.negative_below",
            "a positive grade: with 0 no hard negative would be one; above 1 all of them are",
        )
