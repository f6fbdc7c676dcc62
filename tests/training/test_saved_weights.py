"""What is saved lies between the start and the best weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from cpt_training import train as training
from cpt_training.config import TrainConfig
from cpt_training.loop.step import Learner
from cpt_training.models.make import make_trainable

CPU = torch.device("cpu")


def table(learner: Learner) -> torch.Tensor:
    (rows,) = learner.model.parameters()
    return rows.detach()


@pytest.mark.parametrize("share", [1.0, 0.75])
def test_the_trained_share_is_that_of_the_best_weights(
    corpus: Path, static_config: TrainConfig, share: float
) -> None:
    wanted = replace(static_config.optimisation, trained_share=share)
    config = replace(static_config, optimisation=wanted)
    trainable = make_trainable(config, corpus)
    examples, _ = training._examples(config, corpus, trainable)
    learner = Learner(config, trainable, examples, None, CPU)
    start = table(learner).clone()
    best = {name: tensor + 1.0 for name, tensor in learner.model.state_dict().items()}
    learner.settle(best)
    torch.testing.assert_close(table(learner), start + share)
