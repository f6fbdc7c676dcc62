"""Where figures come from: weights, data, code, versions and machine."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

from cpt_rag.text.bm25 import K1, B
from cpt_training.evaluation.embed import Embedder

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


def files_hash(files: Iterable[Path]) -> str:
    """sha256 over the names and bytes of files, in the order given."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0")
        with path.open("rb") as content:
            while block := content.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def commit(folder: Path) -> str | None:
    """The commit of the checkout that holds ``folder``, marked where files differ from it."""
    try:
        head = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{head} with changes" if changed else head


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - fixed words
        ["git", "-C", str(folder), "--no-optional-locks", *arguments],  # noqa: S607 - git of PATH
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return done.stdout.strip()


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
