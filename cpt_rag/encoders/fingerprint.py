"""What decides an encoder's vectors, read from its directory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from cpt_rag.encoders.preset import MODELS
from cpt_rag.types import Fingerprint

WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
TOKENIZER = ("tokenizer.json", "vocab.txt", "sentencepiece*.model", "spiece.model")


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
        name=name or name_of(directory),
        weights=digest(directory, WEIGHTS),
        tokenizer=digest(directory, TOKENIZER),
        dimension=dimension,
        pooling=pooling,
        prompts={role: text for role, text in prompts.items() if text},
    )


def name_of(directory: Path) -> str:
    """What load_encoder needs to find it again: a shipped model by name, another by its place."""
    return directory.name if directory.parent == MODELS else str(directory)


def digest(directory: Path, patterns: tuple[str, ...]) -> str:
    """sha256 over names and bytes of the files below ``directory`` that match a pattern."""
    summed = hashlib.sha256()
    for path in sorted({p for pattern in patterns for p in directory.rglob(pattern)}):
        summed.update(path.relative_to(directory).as_posix().encode())
        summed.update(path.read_bytes())
    return summed.hexdigest()
