"""Encoders that are somebody else's: a service, or another library's class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from cpt_rag.encoders.blank import blank_text
from cpt_rag.errors import EncoderError
from cpt_rag.types import PROBE, Fingerprint

if TYPE_CHECKING:
    from cpt_rag.types import Float32Array

Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]

# Of a tokenizer that nobody shows us: most texts have fewer tokens than a third of their bytes.
_BYTES_PER_TOKEN = 3


class ForeignEncoder:
    """Any two functions from texts to vectors, as an encoder.

    Nothing of such an encoder can be digested, so a collection remembers its name, its dimension
    and its vector of one fixed text (`PROBE`), made on first use.

    Args:
        name: what it is, such as the qualified name of its class and its model's.
        documents: vectors of texts that answer, one for each.
        queries: vectors of texts that ask; None where the roles are alike.
    """

    max_tokens: int | None = None

    def __init__(self, name: str, documents: Embed, queries: Embed | None = None) -> None:
        self._name = name
        self._documents = documents
        self._queries = queries or documents

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        return len(self.fingerprint.probe)

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """What a collection remembers of this encoder."""
        probe = _unit_rows(self._documents([PROBE]), 1, None, self._name)[0]
        return Fingerprint(
            name=self._name,
            weights=self._name,
            tokenizer="",
            dimension=len(probe),
            pooling="",
            prompts={},
            probe=tuple(round(float(x), 6) for x in probe),
        )

    def count_tokens(self, text: str) -> int:
        """Length of ``text`` in tokens, guessed from above by its bytes."""
        return -(-len(text.encode("utf-8", "replace")) // _BYTES_PER_TOKEN)

    def encode_query(self, texts: Sequence[str]) -> Float32Array:
        """Unit rows, float32 (n, dimension), for texts that ask."""
        return self._encode(self._queries, texts)

    def encode_document(self, texts: Sequence[str]) -> Float32Array:
        """Unit rows, float32 (n, dimension), for texts that answer."""
        return self._encode(self._documents, texts)

    def _encode(self, embed: Embed, texts: Sequence[str]) -> Float32Array:
        import numpy as np

        for place, text in enumerate(texts):
            if not text.strip():
                raise blank_text(place, len(texts))
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return _unit_rows(embed(texts), len(texts), self.dimension, self._name)


def _unit_rows(
    vectors: Sequence[Sequence[float]], count: int, dimension: int | None, name: str
) -> Float32Array:
    import numpy as np

    try:
        rows = np.asarray(vectors, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise EncoderError(
            f"The encoder {name} gave vectors of unequal lengths or no numbers: {error}",
            expected="one vector of numbers for each text",
        ) from error
    if rows.ndim != 2 or len(rows) != count or rows.shape[1] != (dimension or rows.shape[1]):
        raise EncoderError(
            f"The encoder {name} gave an array of shape {rows.shape} for {count} texts.",
            expected=f"shape ({count}, {dimension or 'dimension'})",
        )
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or not norms.all():
        raise EncoderError(
            f"The encoder {name} gave a vector that is zero, or has no finite length.",
            expected="vectors with a direction",
        )
    unit: Float32Array = rows / norms
    return unit
