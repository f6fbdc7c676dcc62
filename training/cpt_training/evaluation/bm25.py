"""The library's BM25 over a whole set, as the engine would score it, with the set's own length.

An index that grows has to fix the mean length ahead; a baseline need not, and a length that does
not fit a collection costs BM25 several points. So lengths are normalised here by the mean of the
collection that is measured.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from cpt_rag.text.bm25 import K1, B, count_terms, query_vector

BM25 = "BM25"
_COUNTED_TOGETHER = 4096


@dataclass(frozen=True, slots=True)
class _Counts:
    """Terms of some documents, end to end: columns, how often each, and how many a document has."""

    columns: NDArray[np.int32]
    times: NDArray[np.float32]
    distinct: NDArray[np.int64]
    lengths: NDArray[np.int64]


class Bm25Index:
    """Documents as sparse rows, weighted with the inverse document frequency of Qdrant's modifier.

    Only terms that some query asks for are kept, eight bytes for each of a document, and documents
    are read in blocks, so a collection larger than memory will do. ``seconds`` is what counting
    the documents' terms took.

    Args:
        documents: all of the collection.
        queries: all that will be asked.
    """

    def __init__(self, documents: Sequence[str], queries: Sequence[str]) -> None:
        self.queries = len(queries)
        self.documents = len(documents)
        asked = [vector.indices if vector else () for vector in map(query_vector, queries)]
        self._terms, columns = np.unique(
            np.fromiter(chain.from_iterable(asked), dtype=np.int64), return_inverse=True
        )
        self._asked = self._matrix(columns, np.ones(len(columns)), [len(row) for row in asked])
        start = time.perf_counter()
        counted = [
            self._count(documents[at : at + _COUNTED_TOGETHER])
            for at in range(0, len(documents), _COUNTED_TOGETHER)
        ]
        self.seconds = time.perf_counter() - start
        lengths = np.concatenate([[0], *(part.lengths for part in counted)])
        self.mean_length = float(lengths[lengths > 0].mean()) if lengths.any() else 1.0
        self._blocks = self._weighted(counted)

    def scores(self, queries: slice, documents: slice) -> NDArray[np.float32]:
        """Scores, float32 (queries, documents), of some queries for some documents."""
        size = _COUNTED_TOGETHER
        start, stop, _ = documents.indices(self.documents)
        parts = [
            self._blocks[i][max(0, start - i * size) : stop - i * size]
            for i in range(start // size, -(-stop // size))
        ]
        found = self._asked[queries] @ scipy.sparse.vstack(parts, format="csr").T
        return np.asarray(found.toarray(), dtype=np.float32)

    def _count(self, texts: Sequence[str]) -> _Counts:
        counted = [count_terms(text) for text in texts]
        flat = chain.from_iterable
        terms = np.fromiter(flat(counts for _, counts in counted), dtype=np.int64)
        times = np.fromiter(flat(counts.values() for _, counts in counted), dtype=np.float32)
        rows = np.repeat(np.arange(len(texts)), [len(counts) for _, counts in counted])
        columns = np.searchsorted(self._terms, terms)
        known = columns < len(self._terms)
        known[known] = self._terms[columns[known]] == terms[known]
        return _Counts(
            columns[known].astype(np.int32),
            times[known],
            np.bincount(rows[known], minlength=len(texts)),
            np.asarray([length for length, _ in counted], dtype=np.int64),
        )

    def _weighted(self, counted: list[_Counts]) -> list[scipy.sparse.csr_matrix]:
        """Rows of saturated weights times inverse document frequency, in the blocks counted."""
        present = np.zeros(len(self._terms))
        for part in counted:
            present += np.bincount(part.columns, minlength=len(present))
        idf = np.log(1 + (self.documents - present + 0.5) / (present + 0.5))
        blocks = []
        while counted:  # Counts make way for weights, so that memory does not hold both.
            part = counted.pop(0)
            blocks.append(self._matrix(part.columns, self._weights(part, idf), part.distinct))
        return blocks

    def _weights(self, part: _Counts, idf: NDArray[np.float64]) -> NDArray[np.float32]:
        norms = K1 * (1 - B + B * part.lengths / self.mean_length)
        saturated = part.times * (K1 + 1) / (part.times + np.repeat(norms, part.distinct))
        return (saturated * idf[part.columns]).astype(np.float32)

    def _matrix(
        self,
        columns: NDArray[np.integer],
        values: NDArray[np.floating],
        lengths: Sequence[int] | NDArray[np.int64],
    ) -> scipy.sparse.csr_matrix:
        """A row for each length, over the columns of the terms that are asked for."""
        starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        shape = (len(starts) - 1, len(self._terms))
        return scipy.sparse.csr_matrix((values.astype(np.float32), columns, starts), shape=shape)


@dataclass(slots=True)
class Bm25Cost:
    """Documents that BM25 read in this run, and how long that took."""

    documents: int = 0
    seconds: float = 0.0

    def index(self, documents: Sequence[str], queries: Sequence[str]) -> Bm25Index:
        """Index documents for these queries, and add what it takes."""
        index = Bm25Index(documents, queries)
        self.documents += len(documents)
        self.seconds += index.seconds
        return index
