"""Who says how alike a query and a piece of code are; here, an embedding model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cpt_rag.types import Encoder
from cpt_training.supervised.triplets import Triplet

AT_ONCE = 64
"""Triplets that are embedded together."""


@dataclass(frozen=True, slots=True)
class Labels:
    """How alike its anchor the texts of one triplet are, in [0, 1]; None where no answer came."""

    positive: float | None
    negatives: tuple[float | None, ...]


class Annotator(Protocol):
    """Labels the pairs of triplets."""

    @property
    def name(self) -> str:
        """Changes whenever the labels would."""
        ...

    def annotate(self, triplets: Sequence[Triplet]) -> Iterator[Labels]:
        """The labels of each triplet, in their order, as they come."""
        ...


class Judge(Protocol):
    """Says yes or no where a label is in doubt."""

    @property
    def name(self) -> str:
        """Changes whenever the verdicts would."""
        ...

    def fits(self, anchor: str, code: str) -> bool | None:
        """Whether ``code`` does what ``anchor`` asks for; None where no answer came."""
        ...


class EmbeddingAnnotator:
    """Cosines of an embedding model, the negative ones taken for 0.

    Gao et al. (2025, "OASIS", similarity annotation) label each docstring and each function of its
    repository so, with a stronger model than the one that is trained.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def name(self) -> str:
        """The model's fingerprint."""
        return f"cosine of {self._encoder.fingerprint}"

    def annotate(self, triplets: Sequence[Triplet]) -> Iterator[Labels]:
        """The cosines of anchors and documents."""
        for start in range(0, len(triplets), AT_ONCE):
            some = triplets[start : start + AT_ONCE]
            texts = [text for t in some for text in (t.positive, *t.negatives)]
            documents = iter(self._encoder.encode_document(texts))
            queries = self._encoder.encode_query([t.anchor for t in some])
            for query, triplet in zip(queries, some, strict=True):
                yield _labels(query, islice(documents, 1 + len(triplet.negatives)))


def _labels(query: NDArray[np.float32], documents: Iterator[NDArray[np.float32]]) -> Labels:
    first, *others = (min(1.0, max(0.0, float(query @ document))) for document in documents)
    return Labels(first, tuple(others))
