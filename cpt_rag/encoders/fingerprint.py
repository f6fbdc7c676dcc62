"""What decides an encoder's vectors, read from its directory."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from cpt_rag.encoders.presets import MODELS
from cpt_rag.types import Fingerprint

_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_TOKENIZER = ("tokenizer.json", "vocab.txt", "sentencepiece*.model", "spiece.model")


def fingerprint(directory: Path, *, dimension: int, pooling: str) -> Fingerprint:
    """Digest the weights and tokenizer below ``directory`` and read its prompts."""
    config = directory / "config_sentence_transformers.json"
    prompts = (
        json.loads(config.read_text(encoding="utf-8")).get("prompts") if config.is_file() else {}
    )
    return Fingerprint(
        # What load_encoder needs to find it again: a shipped model by name, another by its place.
        name=directory.name if directory.parent == MODELS else str(directory),
        weights=_digest(directory, _WEIGHTS),
        tokenizer=_digest(directory, _TOKENIZER),
        dimension=dimension,
        pooling=pooling,
        prompts={role: text for role, text in (prompts or {}).items() if text},
    )


def _digest(directory: Path, patterns: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for path in sorted({p for pattern in patterns for p in directory.rglob(pattern)}):
        digest.update(path.relative_to(directory).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
