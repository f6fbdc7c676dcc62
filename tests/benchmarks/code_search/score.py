"""How well files are ranked, query by query."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from tests.benchmarks.code_search.sets import RANKED_FILES


def ranked_files(paths: Sequence[str]) -> list[str]:
    """Files in the order in which they first appear among the hits."""
    return list(dict.fromkeys(paths))


def ndcg(files: Sequence[str], relevant: Collection[str]) -> float:
    """Binary nDCG@10: the best possible ranking has every relevant file, or ten, at the top."""
    gains = [1 / math.log2(rank + 2) for rank in range(RANKED_FILES)]
    found = sum(gain for gain, file in zip(gains, files, strict=False) if file in relevant)
    return found / sum(gains[: len(relevant)])


def recall(files: Sequence[str], relevant: Collection[str], first: int) -> float:
    """Share of the relevant files among the ``first`` files."""
    return len(set(files[:first]) & set(relevant)) / len(relevant)
