"""The library's BM25 over a whole set in memory, as the engine would score it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from cpt_rag.text.bm25 import document_vector, query_vector
from cpt_rag.types import SparseVector

BM25 = "BM25"


class Bm25Index:
    """Documents as sparse rows, weighted with the inverse document frequency of Qdrant's modifier.

    ``seconds`` is what turning the documents into sparse vectors took.
    """

    def __init__(self, documents: Sequence[str]) -> None:
        start = time.perf_counter()
        vectors = [document_vector(text) for text in documents]
        self.seconds = time.perf_counter() - start
        self._terms = np.unique(
            np.asarray([t for v in vectors if v for t in v.indices], dtype=np.int64)
        )
        rows = self._matrix(vectors)
        present = np.bincount(rows.indices, minlength=len(self._terms))
        idf = np.log(1 + (len(documents) - present + 0.5) / (present + 0.5))
        self._rows = scipy.sparse.csr_matrix(rows.multiply(idf[None, :]))

    def scores(self, queries: Sequence[str], documents: slice | None = None) -> NDArray[np.float32]:
        """Scores, float32 (queries, documents), of all documents or of a slice of them."""
        asked = self._matrix([query_vector(text) for text in queries])
        found = asked @ self._rows[documents or slice(None)].T
        return np.asarray(found.toarray(), dtype=np.float32)

    def _matrix(self, vectors: Sequence[SparseVector | None]) -> scipy.sparse.csr_matrix:
        terms = np.asarray([t for v in vectors if v for t in v.indices], dtype=np.int64)
        values = np.asarray([x for v in vectors if v for x in v.values], dtype=np.float32)
        lengths = [len(v.indices) if v else 0 for v in vectors]
        rows = np.repeat(np.arange(len(vectors)), lengths)
        columns = np.searchsorted(self._terms, terms)
        known = np.zeros(len(terms), dtype=bool)
        inside = columns < len(self._terms)
        known[inside] = self._terms[columns[inside]] == terms[inside]
        shape = (len(vectors), len(self._terms))
        return scipy.sparse.csr_matrix((values[known], (rows[known], columns[known])), shape=shape)
