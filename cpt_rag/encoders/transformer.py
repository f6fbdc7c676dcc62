"""Any other sentence-transformers model, run by sentence-transformers itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpt_rag.encoders.blank import blank_text
from cpt_rag.encoders.fingerprint import fingerprint
from cpt_rag.errors import EncoderError, MissingExtraError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from cpt_rag.types import Fingerprint, Float32Array


class TransformerEncoder:
    """A local sentence-transformers directory, loaded without remote code.

    Args:
        directory: what ``SentenceTransformer.save`` wrote.

    Raises:
        MissingExtraError: torch or sentence-transformers is not installed.
        EncoderError: the directory cannot be loaded.
    """

    def __init__(self, directory: Path) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise MissingExtraError(
                f"{directory.name} needs torch and sentence-transformers, which are not installed.",
                expected="the extra 'transformers'",
                remedy='pip install "cpt-rag[transformers]"',
            ) from error
        try:
            self._model = SentenceTransformer(str(directory), local_files_only=True)
        except Exception as error:
            raise EncoderError(
                f"{directory} cannot be loaded: {error}",
                expected="a sentence-transformers model of built-in modules",
                remedy="save it again with SentenceTransformer.save",
            ) from error
        self._fingerprint = fingerprint(
            directory, dimension=self.dimension, pooling=_pooling(self._model)
        )

    @property
    def model(self) -> SentenceTransformer:
        """The model itself."""
        return self._model

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        return int(self._model.get_embedding_dimension() or 0)

    @property
    def fingerprint(self) -> Fingerprint:
        """What a collection remembers of this encoder."""
        return self._fingerprint

    @property
    def max_tokens(self) -> int | None:
        """Tokens that one text may have before it is cut; None where there is no limit."""
        length = self._model.max_seq_length
        return None if length is None or length == float("inf") else int(length)

    def count_tokens(self, text: str) -> int:
        """Length of ``text`` in tokens, special tokens included."""
        tokenizer: Any = self._model.tokenizer
        encoded = tokenizer.encode(text)
        return len(getattr(encoded, "ids", encoded))

    def encode_query(self, texts: Sequence[str]) -> Float32Array:
        """Unit rows, float32 (n, dimension), with the model's query prompt or route."""
        return self._unit(self._model.encode_query, texts)

    def encode_document(self, texts: Sequence[str]) -> Float32Array:
        """Unit rows, float32 (n, dimension), with the model's document prompt or route."""
        return self._unit(self._model.encode_document, texts)

    def _unit(self, encode: Any, texts: Sequence[str]) -> Float32Array:
        import numpy as np

        for i, text in enumerate(texts):
            if not text.strip():
                raise blank_text(i, len(texts))
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors = encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


def _pooling(model: Any) -> str:
    for module in model:
        if type(module).__name__ == "Pooling":
            mode = module.pooling_mode
            return mode if isinstance(mode, str) else "+".join(mode)
    return "mean"
