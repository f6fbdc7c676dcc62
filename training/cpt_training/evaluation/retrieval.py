"""Retrieval: nDCG@10, MRR@10 and recall@100 by trec_eval, through ir-measures.

MacAvaney et al. (2022, "Streamlining Evaluation with ir-measures"). Gains are linear, as BEIR's.
"""

from __future__ import annotations

from collections.abc import Sequence

import ir_measures
import numpy as np
from ir_measures import RR, R, nDCG
from numpy.typing import NDArray

from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate import Estimate, estimate_mean, own_ranks, pools
from cpt_training.evaluation.bm25 import BM25, Bm25Index
from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.figures import Figure, compare
from cpt_training.evaluation.rank import (
    Ranked,
    bm25_rankings,
    dense_rankings,
    fuse,
    fuse_block,
)
from cpt_training.evaluation.sets import RetrievalSet

RETRIEVAL = "retrieval"
CODE_SEARCH = "CodeSearchNet protocol"
MEASURES = {"nDCG@10": nDCG @ 10, "MRR@10": RR @ 10, "recall@100": R @ 100}
DEEPEST = 100


def fused_name(model: str) -> str:
    """What tables call the fusion of BM25 with a model."""
    return f"{BM25} + {model}"


def measure_retrieval(
    data: RetrievalSet, index: Bm25Index, embedders: Sequence[Embedder]
) -> list[Figure]:
    """Every system's three measures on one set."""
    lexical = bm25_rankings(index, data.queries, len(data.documents))
    values = {BM25: score(data, lexical)}
    for embedder in embedders:
        dense = dense_rankings(embedder, data.queries, data.documents)
        fused = [fuse(*pair) for pair in zip(lexical, dense, strict=True)]
        values[embedder.name] = score(data, dense)
        values[fused_name(embedder.name)] = score(data, fused)
    return [
        figure
        for measure in MEASURES
        for figure in compare(
            RETRIEVAL,
            data.name,
            measure,
            {system: found[measure] for system, found in values.items()},
            embedders[0].name,
        )
    ]


def score(data: RetrievalSet, rankings: Sequence[Ranked]) -> dict[str, Estimate]:
    """The measures of one run; a query that found nothing counts as zero."""
    run = {
        query: {
            # The place as the score: trec_eval would order ties by the documents' ids.
            data.document_ids[place]: -float(rank)
            for rank, place in enumerate(ranked.documents[:DEEPEST])
        }
        for query, ranked in zip(data.query_ids, rankings, strict=True)
    }
    row = {query: i for i, query in enumerate(data.query_ids)}
    values = {measure: np.zeros(len(row)) for measure in MEASURES.values()}
    for metric in ir_measures.iter_calc(list(values), data.grades, run):
        values[metric.measure][row[metric.query_id]] = metric.value
    return {name: estimate_mean(values[measure]) for name, measure in MEASURES.items()}


def measure_pairs(
    dataset: str,
    queries: Sequence[str],
    documents: Sequence[str],
    index: Bm25Index,
    embedders: Sequence[Embedder],
) -> list[Figure]:
    """Reciprocal rank of document i for query i, among pools of 1,000.

    ``index`` holds all ``documents``, so that words have the same weight in every pool.
    """
    ranks: dict[str, list[NDArray[np.int64]]] = {}
    for asked, candidates in pools(len(queries)):
        first = asked.start - candidates.start
        lexical = index.scores(queries[asked], candidates)
        ranks.setdefault(BM25, []).append(own_ranks(lexical, first))
        for embedder in embedders:
            answers = embedder.documents(documents[candidates])
            dense = embedder.queries(queries[asked]) @ answers.T
            fused = own_ranks(fuse_block(lexical, dense), first)
            ranks.setdefault(embedder.name, []).append(own_ranks(dense, first))
            ranks.setdefault(fused_name(embedder.name), []).append(fused)
    systems = {name: estimate_mean(1 / np.concatenate(found)) for name, found in ranks.items()}
    return compare(CODE_SEARCH, dataset, "MRR", systems, embedders[0].name)


def own_documents(data: RetrievalSet) -> list[str]:
    """Each query's one relevant document, in the queries' order.

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
    return own
