"""How well held-out pairs find each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from cpt_training.config import TrainConfig
from cpt_training.data.examples import Examples
from cpt_training.data.tokens import TokenLists, tokenise
from cpt_training.loop import validate
from cpt_training.loop.step import Learner
from cpt_training.loop.validate import validation_mrr
from cpt_training.models.make import make_trainable


def texts(count: int, seed: int) -> TokenLists:
    """Random ids, of lengths in no order."""
    random = np.random.default_rng(seed)
    lengths = random.permutation(count) + 1
    return tokenise(
        lambda given: [random.integers(300, size=int(n)).tolist() for n in given],
        [str(length) for length in lengths],
    )


def kind(seed: int, **languages: int) -> Examples:
    """So many random pairs of each language, in turn; every third has the same text twice."""
    names = np.repeat([*languages], [*languages.values()])
    np.random.default_rng(seed).shuffle(names)
    queries, others = texts(len(names), seed), texts(len(names), seed + 1)
    rows = np.arange(len(names))
    both = TokenLists.joined([queries, others])
    documents = both.take(np.where(rows % 3 == 0, rows, rows + len(names)))
    return Examples(queries, documents, {n: np.flatnonzero(names == n) for n in languages})


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
    kinds = {"few": kind(1, python=8), "many": kind(2, python=13, go=20)}
    learner = Learner(static_config, trainable, kinds, None, torch.device("cpu"))
    expected = [by_hand(learner, kind) for kind in kinds.values()]
    assert expected[0] != pytest.approx(expected[1], abs=0.01)
    monkeypatch.setattr(validate, "AT_ONCE", at_once)
    assert validation_mrr(learner, kinds) == pytest.approx(np.mean(expected), abs=1e-4)
