"""How an encoder is trained: batches, steps, rates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from cpt_training.sections import Require


@dataclass(frozen=True, slots=True)
class Optimisation:
    """How it is trained.

    ``batch`` pairs share their negatives, over all processes; ``mini_batch`` of them are read at
    once. Where that is the smaller, gradient caching has no more in memory; without
    ``gradient_cache`` all of the batch is, and a step takes a quarter less time. ``examples`` pairs
    are seen in all. ``scale`` is the inverse temperature at the start. ``matryoshka`` lists the
    widths that are trained to serve alone, the whole one first. ``validations`` are spread evenly,
    each with a checkpoint. The saved weights are ``trained_share`` of the best ones and for the
    rest the start's (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", section 3).
    With ``bfloat16`` a CPU reads texts in half precision, as a GPU always does: twice as fast on
    one that multiplies it (avx512_bf16, amx), many times slower on another.
    """

    batch: int
    mini_batch: int
    examples: int
    learning_rate: float
    weight_decay: float
    warmup: float
    scale: float
    validations: int
    matryoshka: tuple[int, ...] = ()
    trained_share: float = 1.0
    bfloat16: bool = False
    gradient_cache: bool = True

    def check(self, require: Require) -> None:
        """Refuse impossible values and combinations."""
        require(self.batch >= 2, "optimisation.batch", "at least 2: negatives come from the batch")
        require(
            1 <= self.mini_batch <= self.batch, "optimisation.mini_batch", "from 1 to the batch"
        )
        require(self.examples >= self.batch, "optimisation.examples", "at least one batch")
        require(self.learning_rate > 0, "optimisation.learning_rate", "a positive number")
        require(self.weight_decay >= 0, "optimisation.weight_decay", "at least 0")
        require(0 <= self.warmup < 1, "optimisation.warmup", "a share of all steps in [0, 1)")
        require(self.scale > 0, "optimisation.scale", "a positive number")
        require(self.validations >= 1, "optimisation.validations", "at least 1")
        require(0 < self.trained_share <= 1, "optimisation.trained_share", "a share in (0, 1]")
        require(
            all(a > b for a, b in pairwise((*self.matryoshka, 0))),
            "optimisation.matryoshka",
            "falling widths, the whole one first",
        )

    @property
    def steps(self) -> int:
        """Batches in all."""
        return self.examples // self.batch
