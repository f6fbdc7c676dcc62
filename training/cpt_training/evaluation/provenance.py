"""Where figures come from: weights, data, code, versions and machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

from cpt_rag.text.bm25 import K1, B
from cpt_training.evaluation.embed import Embedder
from cpt_training.origin import commit

PACKAGES = (
    "cpt-rag",
    "numpy",
    "scipy",
    "scikit-learn",
    "ir-measures",
    "pytrec-eval-terrier",
    "tiktoken",
    "tokenizers",
    "torch",
    "transformers",
    "sentence-transformers",
)


def provenance(
    embedders: Sequence[Embedder], data: Mapping[str, str], started: datetime
) -> dict[str, Any]:
    """All that someone needs to know before comparing a figure with another.

    Args:
        embedders: the models of this run.
        data: the digest of every set that was used.
        started: when the run began.
    """
    return {
        "started": started.astimezone(timezone.utc).isoformat(timespec="seconds"),
        "models": {e.name: _model(e) for e in embedders},
        "data_sha256": dict(data),
        "bm25": {"k1": K1, "b": B, "mean_length": "each collection's own"},
        "commit": commit(Path(__file__).parent),
        "versions": {"python": platform.python_version(), **_versions()},
        "machine": {
            "system": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
        },
    }


def _model(embedder: Embedder) -> dict[str, Any]:
    print_ = embedder.encoder.fingerprint
    return {
        "weights_sha256": print_.weights,
        "tokenizer_sha256": print_.tokenizer,
        "dimension": print_.dimension,
        "pooling": print_.pooling,
        "prompts": dict(print_.prompts),
        "max_tokens": embedder.encoder.max_tokens,
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
        return names[0] if names else platform.machine()
    except OSError:
        return platform.processor() or platform.machine()
