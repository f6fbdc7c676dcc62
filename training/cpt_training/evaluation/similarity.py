"""Sentence similarity: Spearman's rank correlation of cosines with people's scores.

Cer et al. (2017, "SemEval-2017 Task 1", section 6); Spearman as Reimers and Gurevych (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate import Estimate, estimate_statistic
from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.figures import Figure, compare
from cpt_training.evaluation.rows import NUMBER, Fields, json_rows

SIMILARITY = "sentence similarity"
STSB = "stsb-dev"
FIELDS: Fields = {"sentence1": str, "sentence2": str, "score": NUMBER}


@dataclass(frozen=True, slots=True)
class SentencePairs:
    """Pairs of sentences, and how alike people find them."""

    name: str
    one: list[str]
    other: list[str]
    gold: NDArray[np.float64]


def read_similarity(path: Path) -> SentencePairs:
    """Read and check one file.

    Raises:
        InvalidInputError: a row is bad, or all scores are the same.
    """
    rows = list(json_rows(path, FIELDS))
    gold = np.asarray([row["score"] for row in rows], dtype=np.float64)
    if len(set(gold.tolist())) < 2:
        raise InvalidInputError(
            f"{path} holds {len(rows)} pairs with no two different scores.",
            expected="pairs of different similarity, since a correlation needs them",
            remedy="restore the file, or leave the set out with --sets",
        )
    one, other = ([row[name] for row in rows] for name in ("sentence1", "sentence2"))
    return SentencePairs(path.stem, one, other, gold)


def measure_similarity(data: SentencePairs, embedders: Sequence[Embedder]) -> list[Figure]:
    """Spearman of every model on one file; both sentences are embedded as documents."""
    systems = {}
    for embedder in embedders:
        cosines = (embedder.sentences(data.one) * embedder.sentences(data.other)).sum(axis=1)
        systems[embedder.name] = correlation(data.gold, cosines)
    return compare(SIMILARITY, data.name, "Spearman", systems, embedders[0].name)


def correlation(gold: NDArray[np.float64], cosines: NDArray[np.float32]) -> Estimate:
    """Spearman's rho with its interval over pairs."""

    def statistic(rows: NDArray[np.int64]) -> float:
        chosen = gold[rows], cosines[rows]
        if any((part == part[0]).all() for part in chosen):
            return 0.0  # a resample without two different values tells of no relation
        return float(spearmanr(*chosen).statistic)

    return estimate_statistic(len(gold), statistic)
