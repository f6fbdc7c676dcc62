"""Each query's own document among pools of candidates: the CodeSearchNet protocol and its curve.

Husain et al. (2019, "CodeSearchNet Challenge", section 4) rank among 1,000 candidates. How quality
falls as candidates grow more is measured with the same pairs in pools of other sizes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate import POOL, Estimate, estimate_mean, own_ranks, pools
from cpt_training.evaluation.bm25 import BM25, Bm25Index
from cpt_training.evaluation.embed import Embedder, Matrix
from cpt_training.evaluation.figures import Figure, compare
from cpt_training.evaluation.rank import blocks, fuse_block, rows_at_once
from cpt_training.evaluation.retrieval import fused_name
from cpt_training.evaluation.sets import RetrievalSet

CODE_SEARCH = "CodeSearchNet protocol"
CANDIDATES = "number of candidates"
SIZES = (10, 100, 1000, 10_000)


@dataclass(frozen=True, slots=True)
class PairSet:
    """Queries and documents, row i of one answering row i of the other."""

    name: str
    queries: list[str]
    documents: list[str]

    def shuffled(self) -> PairSet:
        """The same pairs in an order in which a pool does not hold one package alone."""
        order = np.random.default_rng(0).permutation(len(self.queries))
        queries, documents = ([side[i] for i in order] for side in (self.queries, self.documents))
        return PairSet(self.name, queries, documents)


class PairScores:
    """One set of pairs with what every system needs to score any block of it.

    ``index`` holds all documents, so that words have the same weight in every pool.
    """

    def __init__(self, pairs: PairSet, index: Bm25Index, embedders: Sequence[Embedder]) -> None:
        self.name = pairs.name
        self.count = len(pairs.queries)
        self.first = embedders[0].name
        self._index = index
        self._vectors: dict[str, tuple[Matrix, Matrix]] = {
            embedder.name: (embedder.queries(pairs.queries), embedder.documents(pairs.documents))
            for embedder in embedders
        }

    def mean_reciprocal_ranks(self, pool: int = POOL) -> dict[str, Estimate]:
        """MRR of every system, each query among exactly min(count, pool) documents."""
        ranks: dict[str, list[NDArray[np.int64]]] = {}
        for asked, candidates in pools(self.count, pool):
            size = candidates.stop - candidates.start
            # Ranking scores for the fusion takes several tables of their size.
            for rows in blocks(asked.stop - asked.start, rows_at_once(8 * size)):
                queries = slice(asked.start + rows.start, asked.start + rows.stop)
                for system, found in self._ranks(queries, candidates).items():
                    ranks.setdefault(system, []).append(found)
        return {name: estimate_mean(1 / np.concatenate(found)) for name, found in ranks.items()}

    def _ranks(self, queries: slice, candidates: slice) -> dict[str, NDArray[np.int64]]:
        first = queries.start - candidates.start
        lexical = self._index.scores(queries, candidates)
        ranks = {BM25: own_ranks(lexical, first)}
        for name, (asked, answers) in self._vectors.items():
            dense = asked[queries] @ answers[candidates].T
            ranks[name] = own_ranks(dense, first)
            ranks[fused_name(name)] = own_ranks(fuse_block(lexical, dense), first)
        return ranks


def measure_protocol(scores: PairScores) -> list[Figure]:
    """MRR of every system among 1,000 candidates."""
    return compare(CODE_SEARCH, scores.name, "MRR", scores.mean_reciprocal_ranks(), scores.first)


def measure_candidates(scores: PairScores) -> list[Figure]:
    """MRR of every system among 10, 100, 1,000 and 10,000 candidates, where there are so many."""
    return [
        figure
        for size in SIZES
        if size <= scores.count
        for figure in compare(
            CANDIDATES,
            scores.name,
            among(size),
            scores.mean_reciprocal_ranks(size),
            scores.first,
        )
    ]


def among(size: int) -> str:
    """What tables call the measure in pools of ``size``."""
    return f"MRR among {size:,}"


def own_pairs(data: RetrievalSet) -> PairSet:
    """Each query with its one relevant document, shuffled.

    Raises:
        InvalidInputError: a query has none or several.
    """
    text = dict(zip(data.document_ids, data.documents, strict=True))
    own = []
    for query in data.query_ids:
        relevant = [doc for doc, grade in data.grades[query].items() if grade > 0]
        if len(relevant) != 1:
            raise InvalidInputError(
                f"Query {query!r} of {data.name} has {len(relevant)} relevant documents.",
                expected="one, for the CodeSearchNet protocol",
                remedy="mend the set, or leave it out with --sets",
            )
        own.append(text[relevant[0]])
    return PairSet(data.name, data.queries, own).shuffled()
