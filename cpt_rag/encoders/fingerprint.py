"""What decides an encoder's vectors, read from its directory."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from cpt_rag.encoders.presets import MODELS
from cpt_rag.types import Fingerprint

WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
TOKENIZER = ("tokenizer.json", "vocab.txt", "sentencepiece*.model", "spiece.model")


def fingerprint(directory: Path, *, dimension: int, pooling: str) -> Fingerprint:
    """Digest the weights and tokenizer below ``directory`` and read its prompts."""
    config = directory / "config_sentence_transformers.json"
    prompts = (
        json.loads(config.read_text(encoding="utf-8")).get("prompts") if config.is_file() else {}
    )
    return Fingerprint(
        name=name_of(directory),
        weights=digest(directory, WEIGHTS),
        tokenizer=digest(directory, TOKENIZER),
        dimension=dimension,
        pooling=pooling,
        prompts={role: text for role, text in (prompts or {}).items() if text},
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
