"""Low-rank adapters in place of all the weights."""

from __future__ import annotations

from dataclasses import dataclass

from cpt_training.sections import Require


@dataclass(frozen=True, slots=True)
class Lora:
    """Low-rank adaptation (Hu et al. 2022, "LoRA: Low-Rank Adaptation of Large Language Models").

    The transformer's weights stay as they are, in the precision they were saved in. Beside each
    linear layer whose name is one of ``targets`` two matrices of ``rank`` are trained, in float32,
    whose product times ``alpha / rank`` is added to it. The saved model has them merged.
    """

    rank: int
    alpha: int
    targets: tuple[str, ...]

    def check(self, require: Require) -> None:
        """Refuse impossible values."""
        require(self.rank >= 1, "lora.rank", "at least 1")
        require(self.alpha >= 1, "lora.alpha", "at least 1")
        require(bool(self.targets), "lora.targets", "at least one name of linear layers")
