"""A static encoder in training: a table of rows, and a text the mean of its tokens' rows."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Tokenizer

from cpt_rag.encoders.tokens import NotStaticError, StaticTokenizer
from cpt_training.data.tokens import TokenLists
from cpt_training.models.quantise import quantise_static
from cpt_training.models.trainable import Features, Role


class StaticTrainable:
    """`Trainable` over ``StaticEmbedding``; both roles read alike."""

    def __init__(self, tokenizer: Tokenizer, table: NDArray[np.float32]) -> None:
        self.tokenizer = tokenizer
        self._fast = _fast(tokenizer)
        self.embedding = StaticEmbedding(tokenizer, table)
        self.model = SentenceTransformer(modules=[self.embedding, Normalize()], device="cpu")

    @property
    def name(self) -> str:
        """The tokenizer's own hash."""
        return tokenizer_name(self.tokenizer)

    def tokenise(self, texts: Sequence[str], role: Role, most: int) -> Sequence[Sequence[int]]:
        """Ids of each text."""
        if self._fast is None:
            encoded = self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
            return [encoding.ids[:most] for encoding in encoded]
        return [self._fast.ids(text)[:most] for text in texts]

    def features(self, tokens: TokenLists) -> Features:
        """One bag for each text."""
        return {
            "input_ids": torch.from_numpy(tokens.ids.astype(np.int64)),
            "offsets": torch.from_numpy(tokens.offsets[:-1].astype(np.int64)),
        }

    def save(self, out: Path) -> None:
        """Write the model with one signed byte for each weight."""
        out.mkdir(parents=True, exist_ok=True)
        self.model.save(str(out), create_model_card=False)
        quantise_static(out / "model.safetensors")
        self.tokenizer.save(str(out / "tokenizer.json"), pretty=False)


def _fast(tokenizer: Tokenizer) -> StaticTokenizer | None:
    """The library's own, which takes a fraction of the time; None where it would cut otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        tokenizer.save(str(path))
        try:
            return StaticTokenizer(path)
        except NotStaticError:
            return None


def tokenizer_name(tokenizer: Tokenizer) -> str:
    """Equal for tokenizers that cut alike."""
    return hashlib.sha256(tokenizer.to_str().encode()).hexdigest()[:16]
