"""How good a ranking is, and how sure one can be of it."""

from cpt_rag.evaluate.intervals import Estimate, estimate_mean, estimate_statistic
from cpt_rag.evaluate.ranks import POOL, own_ranks, pools, reciprocal_ranks

__all__ = [
    "POOL",
    "Estimate",
    "estimate_mean",
    "estimate_statistic",
    "own_ranks",
    "pools",
    "reciprocal_ranks",
]
