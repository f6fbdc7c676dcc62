"""How well held-out pairs find each other."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from cpt_rag.evaluate import reciprocal_ranks
from cpt_training.data.examples import ByKind
from cpt_training.data.tokens import TokenLists
from cpt_training.loop.step import Learner

AT_ONCE = 256


def validation_mrr(learner: Learner, examples: ByKind) -> float:
    """Mean reciprocal rank among up to 1,000 candidates, averaged over the kinds of pair.

    The candidates of a kind stand in the order of languages, so that most are of the query's own.
    """
    learner.model.eval()
    means = []
    for own in examples.values():
        rows = np.concatenate([rows for _, rows in sorted(own.languages.items())])
        queries = _embed(learner, own.queries.take(rows))
        documents = _embed(learner, own.documents.take(rows))
        means.append(reciprocal_ranks(queries @ documents.T).mean())
    learner.model.train()
    return float(np.mean(means))


def _embed(learner: Learner, tokens: TokenLists) -> NDArray[np.float32]:
    """Unit rows, float32 (n, d); texts of like length are read together."""
    order = np.argsort(np.diff(tokens.offsets), kind="stable")
    with torch.inference_mode():
        parts = [
            learner.embed(learner.features(tokens.take(order[start : start + AT_ONCE])))
            for start in range(0, len(order), AT_ONCE)
        ]
    shuffled = torch.cat(parts).cpu().numpy()
    rows = np.empty_like(shuffled)
    rows[order] = shuffled
    return rows
