"""What a run needs to go on as if it had never stopped."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from cpt_rag.errors import TrainingError
from cpt_training.loop import processes
from cpt_training.loop.step import Learner
from cpt_training.replace import replacing

NAME = "checkpoint.pt"


@dataclass(slots=True)
class Progress:
    """How far a run is.

    ``curve`` has one row for each validation; ``best`` are the weights with the highest validation
    MRR so far; ``losses`` those since the last validation.
    """

    step: int = 0
    curve: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)

    def advance(self, loss: float) -> None:
        """One step more."""
        self.step += 1
        self.losses.append(loss)

    def note(self, row: dict[str, float], learner: Learner) -> None:
        """Add a validation, and keep the weights where they are the best so far."""
        if row["mrr"] > max((before["mrr"] for before in self.curve), default=-1.0):
            self.best = learner.weights()
        if self.losses:
            row = {**row, "loss": math.fsum(self.losses) / len(self.losses)}
        self.curve.append(row)
        self.losses.clear()


def save(folder: Path, progress: Progress, learner: Learner) -> None:
    """Write the first process's state; the file is whole or the one before.

    Raises:
        TrainingError: a weight is no longer a number; the file stays as it was.
    """
    if processes.rank():
        return
    if not all(bool(torch.isfinite(p).all()) for p in learner.model.parameters()):
        raise TrainingError(
            f"A weight is no longer a number after step {progress.step}.",
            expected="finite weights",
            remedy=f"lower optimisation.learning_rate; {folder} holds the last good checkpoint",
        )
    state = {
        "progress": {name: getattr(progress, name) for name in Progress.__slots__},
        "model": learner.trained(),
        "head": learner.head.state_dict(),
        "optimiser": learner.optimiser.state_dict(),
    }
    with replacing(folder / NAME) as part:
        torch.save(state, part)


def load(folder: Path, learner: Learner) -> Progress:
    """Put back what `save` wrote, or nothing where there is no checkpoint."""
    if not (folder / NAME).is_file():
        return Progress()
    state: dict[str, Any] = torch.load(folder / NAME, map_location="cpu", weights_only=True)
    learner.put_back(state["model"])
    learner.head.load_state_dict(state["head"])
    learner.optimiser.load_state_dict(state["optimiser"])
    return Progress(**state["progress"])


def remove(folder: Path) -> None:
    """Take the checkpoint of a finished run away."""
    (folder / NAME).unlink(missing_ok=True)
