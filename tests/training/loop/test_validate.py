"""How well held-out pairs find each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from cpt_training import train as training
from cpt_training.config import TrainConfig
from cpt_training.data.examples import ByKind, Examples
from cpt_training.loop import validate
from cpt_training.loop.step import Learner
from cpt_training.loop.validate import validation_mrr
from cpt_training.models.make import make_trainable


def part(examples: Examples, rows: Mapping[str, slice]) -> Examples:
    """Some rows of each language, as a kind of its own."""
    numbers = {name: np.arange(len(examples))[chosen] for name, chosen in rows.items()}
    return replace(examples, languages=numbers)


def by_hand(learner: Learner, examples: Examples) -> float:
    """Each text embedded alone, each rank counted."""
    learner.model.eval()
    rows = [int(row) for own in examples.languages.values() for row in own]
    with torch.no_grad():
        queries, documents = (
            torch.cat([learner.embed(learner.features(side.take(np.array([r])))) for r in rows])
            for side in (examples.queries, examples.documents)
        )
    scores = queries @ documents.T
    ranks = [int((row > row[i] + 1e-6).sum()) + 1 for i, row in enumerate(scores)]
    return float(np.mean([1 / rank for rank in ranks]))


@pytest.mark.parametrize("at_once", [1, 7, 256])
def test_it_is_the_mean_over_kinds_of_the_mean_reciprocal_rank(
    static_config: TrainConfig, corpus: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    trainable = make_trainable(static_config, corpus)
    examples, whole = training._examples(static_config, corpus, trainable)
    learner = Learner(static_config, trainable, examples, None, torch.device("cpu"))
    (own,) = whole.values()
    kinds: ByKind = {
        "few": part(own, {"python": slice(0, 8)}),
        "many": part(own, {"python": slice(8, 30, 2), "go": slice(9, 50, 2)}),
    }
    expected = [by_hand(learner, kind) for kind in kinds.values()]
    assert expected[0] != pytest.approx(expected[1], abs=0.01)
    monkeypatch.setattr(validate, "AT_ONCE", at_once)
    assert validation_mrr(learner, kinds) == pytest.approx(np.mean(expected), abs=1e-4)
