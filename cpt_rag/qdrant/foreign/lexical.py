"""BM25 over texts held in memory, for collections that hold no term weights of ours."""

from __future__ import annotations

import math
from array import array
from collections.abc import Collection, Iterable

from cpt_rag.text.bm25 import document_vector
from cpt_rag.types import SparseVector


class LexicalIndex:
    """Texts by their terms, weighed as in a collection of this package's own.

    Args:
        texts: ids and texts.
    """

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        import numpy as np

        self._ids: list[str] = []
        terms, weights, lengths = array("I"), array("f"), array("I")
        for identifier, text in texts:
            vector = document_vector(text)
            if vector is not None:
                self._ids.append(identifier)
                lengths.append(len(vector.indices))
                terms.extend(vector.indices)
                weights.extend(vector.values)
        of = np.repeat(np.arange(len(self._ids), dtype=np.uint32), lengths)
        every = np.asarray(terms, dtype=np.uint32)
        order = np.argsort(every, kind="stable")
        self._texts_of = of[order]
        self._weights = np.asarray(weights, dtype=np.float32)[order]
        self._terms, first = np.unique(every[order], return_index=True)
        self._bounds = np.append(first, every.size)

    def best(
        self, query: SparseVector, limit: int, among: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Ids and scores of the ``limit`` best that share a term, equal ones in the texts' order.

        Args:
            query: term weights.
            limit: texts at most.
            among: ids to look among; None for all.
        """
        import numpy as np

        scores = np.zeros(len(self._ids))
        for term, wanted in zip(query.indices, query.values, strict=True):
            place = int(np.searchsorted(self._terms, term))
            if place == len(self._terms) or self._terms[place] != term:
                continue
            having = slice(self._bounds[place], self._bounds[place + 1])
            count = int(self._bounds[place + 1] - self._bounds[place])
            rarity = math.log(1 + (len(self._ids) - count + 0.5) / (count + 0.5))
            scores[self._texts_of[having]] += wanted * rarity * self._weights[having]
        if among is not None:
            scores *= np.fromiter((i in among for i in self._ids), dtype=bool, count=len(self._ids))
        found = np.flatnonzero(scores > 0)
        order = found[np.argsort(-scores[found], kind="stable")[:limit]]
        return [(self._ids[place], float(scores[place])) for place in order]
