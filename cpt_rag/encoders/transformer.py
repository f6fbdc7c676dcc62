"""Any other sentence-transformers model, run by sentence-transformers itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpt_rag.encoders.adapted import adapted
from cpt_rag.encoders.blank import blank_text
from cpt_rag.encoders.files import require_files, stored_numbers
from cpt_rag.encoders.fingerprint import fingerprint
from cpt_rag.errors import EncoderError, MissingExtraError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from cpt_rag.encoders.preset import Preset
    from cpt_rag.types import Fingerprint, Float32Array


class TransformerEncoder:
    """A local checkpoint, loaded with built-in modules only and without any code of its own.

    Args:
        directory: what ``SentenceTransformer.save`` wrote, or a published checkpoint.
        preset: what this library knows of that checkpoint, for what its files leave open.

    Raises:
        MissingExtraError: torch or sentence-transformers is not installed.
        EncoderError: files are missing, or the directory cannot be loaded.
    """

    def __init__(self, directory: Path, preset: Preset | None = None) -> None:
        self._model = _load(directory, preset)
        self._fingerprint = fingerprint(
            directory,
            dimension=self.dimension,
            pooling=_pooling(self._model),
            prompts=self._model.prompts,
            name=preset.name if preset else None,
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
        rows = np.asarray(vectors, dtype=np.float32)
        # A checkpoint of half precision is normalised in it, which leaves a thousandth.
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        unit: Float32Array = rows / np.maximum(norms, np.finfo(np.float32).tiny)
        return unit


def _load(directory: Path, preset: Preset | None) -> SentenceTransformer:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        name = preset.name if preset else directory.name
        raise MissingExtraError(
            f"{name} needs torch and sentence-transformers, which are not installed.",
            expected="the extra 'transformers'",
            remedy='pip install "cpt-rag[transformers]"',
        ) from error
    require_files(directory)
    with adapted(directory, preset) as folder:
        try:
            model = SentenceTransformer(str(folder), local_files_only=True)
        except Exception as error:
            raise EncoderError(
                f"{directory} cannot be loaded: {error}",
                expected="a sentence-transformers model of built-in modules",
                remedy="save it again with SentenceTransformer.save; for a published checkpoint, "
                "copy it again, and pip install --upgrade transformers",
            ) from error
    _require_all_weights(model, directory)
    return model


def _require_all_weights(model: SentenceTransformer, directory: Path) -> None:
    """Refuse weights that lack tensors: transformers draws those at random, and only warns."""
    network = getattr(model[0], "auto_model", None)
    stored = None if network is None else stored_numbers(directory)
    if network is None or stored is None or hasattr(network, "peft_config"):
        return
    # Of tied tensors one is stored; no vector depends on the pooler, which some checkpoints lack.
    named = network.named_parameters()
    wanted = sum(tensor.numel() for name, tensor in named if "pooler" not in name)
    if stored < wanted:
        raise EncoderError(
            f"The weights in {directory} are {stored:,} numbers, too few for its config.json.",
            expected=f"at least {wanted:,}",
            remedy="copy weights and config.json of one checkpoint there",
        )


def _pooling(model: Any) -> str:
    for module in model:
        if type(module).__name__ == "Pooling":
            mode = module.pooling_mode
            return mode if isinstance(mode, str) else "+".join(mode)
    return "mean"
