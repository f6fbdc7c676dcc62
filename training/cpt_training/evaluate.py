"""Docstring-to-code retrieval on held-out packages, beside BM25, in one run.

    python -m cpt_training.evaluate cpt-static all-MiniLM-L6-v2

The CodeSearchNet protocol (Husain et al. 2019, section 4): each query ranks its own document among
1,000 candidates. Every figure has a 95% bootstrap interval.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import scipy.sparse
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from cpt_rag.encoders import load_encoder
from cpt_rag.text.bm25 import document_vector, query_vector
from cpt_rag.types import SparseVector
from cpt_training.cli import Cache
from cpt_training.corpus import corpus_directory
from cpt_training.data import read_pairs
from cpt_training.initialise import pretrained_directory
from cpt_training.metrics import POOL, bootstrap, reciprocal_ranks

PRETRAINED = "all-MiniLM-L6-v2"


def bm25_similarities(queries: list[str], documents: list[str]) -> NDArray[np.float32]:
    """BM25 scores over split identifiers, float32 (queries, documents)."""
    vectors = [document_vector(text) for text in documents]
    terms = sorted({term for vector in vectors if vector for term in vector.indices})
    column = {term: i for i, term in enumerate(terms)}
    rows = _matrix(vectors, column)
    present = np.asarray((rows > 0).sum(axis=0)).ravel()
    idf = np.log(1 + (len(documents) - present + 0.5) / (present + 0.5))
    scores = _matrix([query_vector(text) for text in queries], column) @ (rows.multiply(idf)).T
    return np.asarray(scores.todense(), dtype=np.float32)


def _matrix(vectors: list[SparseVector | None], column: dict[int, int]) -> scipy.sparse.csr_matrix:
    entries = [
        (row, column[term], value)
        for row, vector in enumerate(vectors)
        if vector is not None
        for term, value in zip(vector.indices, vector.values, strict=True)
        if term in column
    ]
    rows, columns, values = zip(*entries, strict=True)
    return scipy.sparse.csr_matrix((values, (rows, columns)), shape=(len(vectors), len(column)))


def evaluate(systems: list[str], split: Path, limit: int) -> dict[str, NDArray[np.float64]]:
    """Reciprocal ranks of every system on the same docstring pairs of ``split``."""
    pairs = [p for p in read_pairs(split) if p.kind == "docstring_code"]
    order = np.random.default_rng(0).permutation(len(pairs))[:limit]
    queries = [pairs[i].query for i in order]
    documents = [pairs[i].document for i in order]
    results = {"BM25": reciprocal_ranks(bm25_similarities(queries, documents))}
    for system in systems:
        encoder = load_encoder(pretrained_directory() if system == PRETRAINED else system)
        similarities = encoder.encode_query(queries) @ encoder.encode_document(documents).T
        results[system] = reciprocal_ranks(similarities)
    return results


app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
def command(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help=f"A preset, a folder, or {PRETRAINED}.")
    ],
    corpus: Annotated[str, typer.Option(help="A manifest in corpora/, or a TOML file.")] = "python",
    cache: Cache = None,
    limit: Annotated[int, typer.Option(help="Pairs at most.")] = 4000,
) -> None:
    """Rank held-out functions for their docstrings, BM25 and each model on the same pairs."""
    results = evaluate(models, corpus_directory(corpus, cache) / "test.jsonl.gz", limit)
    table = Table("system", "MRR", "95% interval", title=f"docstring to code, {POOL} candidates")
    for system, values in results.items():
        low, high = bootstrap(values)
        table.add_row(system, f"{values.mean():.3f}", f"{low:.3f} to {high:.3f}")
    Console().print(table, f"{len(results['BM25']):,} queries", sep="\n")


if __name__ == "__main__":
    from cpt_rag.cli.run import main

    main(app, "python -m cpt_training.evaluate")
