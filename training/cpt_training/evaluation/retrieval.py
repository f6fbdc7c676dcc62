"""Retrieval: nDCG@10, MRR@10 and recall@100 by trec_eval, through ir-measures.

MacAvaney et al. (2022, "Streamlining Evaluation with ir-measures"). Gains are linear, as BEIR's.
"""

from __future__ import annotations

from collections.abc import Sequence

import ir_measures
import numpy as np
from ir_measures import RR, R, nDCG

from cpt_rag.evaluate import Estimate, estimate_mean
from cpt_training.evaluation.bm25 import BM25, Bm25Index
from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.figures import Figure, compare
from cpt_training.evaluation.rank import Ranked, bm25_rankings, dense_rankings, fuse
from cpt_training.evaluation.sets import RetrievalSet

RETRIEVAL = "retrieval"
MEASURES = {"nDCG@10": nDCG @ 10, "MRR@10": RR @ 10, "recall@100": R @ 100}
DEEPEST = 100


def fused_name(model: str) -> str:
    """What tables call the fusion of BM25 with a model."""
    return f"{BM25} + {model}"


def measure_retrieval(
    data: RetrievalSet, index: Bm25Index, embedders: Sequence[Embedder]
) -> list[Figure]:
    """Every system's three measures on one set; ``index`` holds its documents and queries."""
    lexical = bm25_rankings(index)
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
