"""An encoder that embeds each text once, keeps a bounded number of vectors, and its own time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cpt_rag.errors import EncoderError

if TYPE_CHECKING:
    from cpt_rag.types import Encoder

Matrix = NDArray[np.float32]
KEPT_BYTES = 256 << 20


class Embedder:
    """A named encoder for one evaluation.

    A text without a visible character has the zero vector: it is similar to nothing.

    Args:
        name: how tables call it.
        encoder: what embeds.
        kept_bytes: the memory that remembered vectors may take; the oldest make way.
    """

    def __init__(self, name: str, encoder: Encoder, kept_bytes: int = KEPT_BYTES) -> None:
        self.name = name
        self.encoder = encoder
        self.encoded_documents = 0  # each counted once, over the whole evaluation
        self.document_seconds = 0.0
        self._capacity = max(1, kept_bytes // (4 * max(1, encoder.dimension)))
        self._kept: OrderedDict[tuple[str, str], Matrix] = OrderedDict()

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Unit rows, float32 (n, d), for texts that ask."""
        return self._rows("query", texts, self.encoder.encode_query)

    def documents(self, texts: Sequence[str]) -> Matrix:
        """Unit rows, float32 (n, d), for texts that answer; what this takes is timed."""
        return self._rows("document", texts, self._timed)

    def sentences(self, texts: Sequence[str]) -> Matrix:
        """Unit rows, float32 (n, d), for texts compared with their like: as documents, untimed."""
        return self._rows("document", texts, self.encoder.encode_document)

    def _timed(self, texts: Sequence[str]) -> Matrix:
        start = time.perf_counter()
        vectors = self.encoder.encode_document(texts)
        self.document_seconds += time.perf_counter() - start
        self.encoded_documents += len(texts)
        return vectors

    def _rows(
        self, role: str, texts: Sequence[str], encode: Callable[[Sequence[str]], Matrix]
    ) -> Matrix:
        rows = np.zeros((len(texts), self.encoder.dimension), dtype=np.float32)
        missing: dict[str, list[int]] = {}
        for i, text in enumerate(texts):
            vector = self._kept.get((role, text))
            if vector is not None:
                rows[i] = vector
            elif text.strip():
                missing.setdefault(text, []).append(i)
        if missing:
            vectors = self._checked(encode(list(missing)), len(missing))
            for (text, places), vector in zip(missing.items(), vectors, strict=True):
                rows[places] = vector
                self._keep((role, text), vector)
        return rows

    def _keep(self, key: tuple[str, str], vector: Matrix) -> None:
        self._kept[key] = vector.copy()
        if len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

    def _checked(self, vectors: Matrix, count: int) -> Matrix:
        expected = (count, self.encoder.dimension)
        if vectors.shape != expected:
            raise EncoderError(
                f"{self.name} gave vectors of shape {vectors.shape}.",
                expected=f"{expected}, the dimension that the model states",
                remedy="save the model again with SentenceTransformer.save",
            )
        if not np.isfinite(vectors).all():
            raise EncoderError(
                f"{self.name} gave vectors with NaN or infinity.",
                expected="finite numbers",
                remedy="train or copy the model again",
            )
        return vectors
