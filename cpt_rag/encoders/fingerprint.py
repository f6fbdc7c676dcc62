"""What decides an encoder's vectors, read from its directory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from cpt_rag.encoders.preset import MODELS
from cpt_rag.types import Fingerprint

_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_TOKENIZER = ("tokenizer.json", "vocab.txt", "sentencepiece*.model", "spiece.model")


def fingerprint(
    directory: Path,
    *,
    dimension: int,
    pooling: str,
    prompts: Mapping[str, str | None],
    name: str | None = None,
) -> Fingerprint:
    """Digest the weights and tokenizer below ``directory``.

    Args:
        directory: the checkpoint as it was saved or published.
        dimension: length of its vectors.
        pooling: how they are made of token states.
        prompts: what is put in front of texts, by role; empty ones count as none.
        name: what ``load_encoder`` finds it by; None for the directory's own name or place.
    """
    return Fingerprint(
        # What load_encoder needs to find it again: a shipped model by name, another by its place.
        name=name or (directory.name if directory.parent == MODELS else str(directory)),
        weights=_digest(directory, _WEIGHTS),
        tokenizer=_digest(directory, _TOKENIZER),
        dimension=dimension,
        pooling=pooling,
        prompts={role: text for role, text in prompts.items() if text},
    )


def _digest(directory: Path, patterns: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for path in sorted({p for pattern in patterns for p in directory.rglob(pattern)}):
        digest.update(path.relative_to(directory).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
