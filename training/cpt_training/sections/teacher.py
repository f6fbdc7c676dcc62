"""Who teaches a static encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cpt_training.sections import Require


@dataclass(frozen=True, slots=True)
class Teacher:
    """A transformer whose view of the corpus a static encoder learns beside the pairs.

    It reads ``texts`` of the corpus, up to ``tokens`` of each. ``objective`` says what of it is
    matched: cosines inside a batch of ``batch`` texts, of which each process compares its own, or
    its vectors. ``weight`` multiplies that loss. ``before`` is the share of the steps that the
    teacher has for itself, ahead of the pairs; 0 puts it beside them.
    """

    model: str
    texts: int
    tokens: int
    objective: Literal["similarities", "vectors"]
    weight: float
    batch: int
    before: float = 0.0

    def check(self, require: Require) -> None:
        """Refuse impossible values."""
        require(self.tokens >= 1, "teacher.tokens", "at least 1")
        require(self.batch >= 2, "teacher.batch", "at least 2")
        require(self.texts >= self.batch, "teacher.texts", "at least one batch")
        require(self.weight > 0, "teacher.weight", "a positive number")
        require(0 <= self.before < 1, "teacher.before", "a share of all steps in [0, 1)")
