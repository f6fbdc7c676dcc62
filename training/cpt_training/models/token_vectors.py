"""Starting vectors for a static encoder's tokens, out of a pretrained transformer.

Neelakantan et al. (2022, section 2.1) find that contrastive training works from a pretrained start.
Each token is read by the transformer on its own, its mean-pooled output is reduced by principal
components, and scaled by smooth inverse frequency (Arora et al. 2017, "A Simple but Tough-to-Beat
Baseline for Sentence Embeddings", section 3).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel

from cpt_training.models.pretrained import pretrained_directory

SIF_A = 1e-3


def pretrained_words() -> list[str]:
    """Words of two or more ASCII letters in the pretrained model's vocabulary, in its order."""
    from transformers import AutoTokenizer

    ids = AutoTokenizer.from_pretrained(str(pretrained_directory()), local_files_only=True).vocab
    words = [word for word in ids if len(word) > 1 and word.isascii() and word.isalpha()]
    return sorted(words, key=lambda word: ids[word])


def read_tokens(tokenizer: Tokenizer) -> NDArray[np.float32]:
    """What the pretrained model makes of each token alone, float32 (vocabulary, 384)."""
    decoder = ByteLevel()
    return _read(
        [
            decoder.decode([tokenizer.id_to_token(i) or ""])
            for i in range(tokenizer.get_vocab_size())
        ]
    )


def principal_components(vectors: NDArray[np.float32], dimension: int) -> NDArray[np.float32]:
    """The rows, centred, over their first ``dimension`` principal axes, float32 (n, dimension)."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    components = axes[:, ::-1][:, :dimension]
    # An eigenvector's sign is arbitrary; fix it, so that a second run starts alike.
    largest = components[np.abs(components).argmax(axis=0), range(dimension)]
    return np.asarray(centred @ (components * np.sign(largest)), dtype=np.float32)


def inverse_frequency(counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Smooth inverse frequency of each token, float32 (n,), out of how often it occurs."""
    frequency = (counts + 1) / (counts.sum() + len(counts))
    return np.asarray(SIF_A / (SIF_A + frequency), dtype=np.float32)


def _read(texts: list[str], batch: int = 512) -> NDArray[np.float32]:
    """Mean-pooled last hidden states, float32 (n, width)."""
    from transformers import AutoModel, AutoTokenizer

    directory = str(pretrained_directory())
    tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True)
    model = AutoModel.from_pretrained(directory, local_files_only=True).eval()
    rows = []
    with torch.inference_mode():
        for start in range(0, len(texts), batch):
            inputs = tokenizer(
                texts[start : start + batch],
                padding=True,
                truncation=True,
                max_length=32,
                return_tensors="pt",
            )
            hidden = model(**inputs).last_hidden_state
            mask = inputs["attention_mask"].unsqueeze(-1).float()
            rows.append((hidden * mask).sum(1) / mask.sum(1))
    return np.asarray(torch.cat(rows).numpy(), dtype=np.float32)
