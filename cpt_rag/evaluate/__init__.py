"""How good a ranking is, how sure one can be of it, and queries to find that out with."""

from cpt_rag.evaluate.intervals import Estimate, estimate_mean, estimate_statistic, mean_of
from cpt_rag.evaluate.queries import MinedQuery, cut_out, mine_queries
from cpt_rag.evaluate.ranks import POOL, own_ranks, pools, reciprocal_ranks

__all__ = [
    "POOL",
    "Estimate",
    "MinedQuery",
    "cut_out",
    "estimate_mean",
    "estimate_statistic",
    "mean_of",
    "mine_queries",
    "own_ranks",
    "pools",
    "reciprocal_ranks",
]
