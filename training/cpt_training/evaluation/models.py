"""Models by the name a person gives, where they lie, and what they cost."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cpt_rag.encoders import load_encoder
from cpt_rag.encoders.presets import SHIPPED
from cpt_rag.errors import EncoderError, InvalidInputError
from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.figures import Speed
from cpt_training.models.pretrained import PRETRAINED, locate, pretrained_directory

STARTS = 3
_WEIGHTS = (".safetensors", ".bin", ".onnx")
_COLD = (
    "import sys; from cpt_rag import load_encoder; load_encoder(sys.argv[1]).encode_query(['a'])"
)


def display_names(models: Sequence[str]) -> list[str]:
    """Short names for tables: a folder's own, or all of what was given where two are alike."""
    names = [m if m in SHIPPED or m == PRETRAINED else locate(m).name for m in models]
    if len(set(names)) < len(names):
        names = list(models)
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise InvalidInputError(
            f"{twice[0]} is given {Counter(names)[twice[0]]} times.",
            expected="distinct models",
            remedy="name each model once",
        )
    return names


def load_models(models: Sequence[str]) -> list[Embedder]:
    """Every model, loaded."""
    names = display_names(models)
    return [
        Embedder(name, load_encoder(pretrained_directory() if model == PRETRAINED else model))
        for name, model in zip(names, models, strict=True)
    ]


def speed_so_far(embedder: Embedder, folder: Path, cold: float) -> Speed:
    """Documents a second over what this run embedded, cold start in seconds, and size."""
    count = embedder.encoded_documents
    rate = count / embedder.document_seconds if count else None
    size = sum(p.stat().st_size for p in folder.rglob("*") if p.suffix in _WEIGHTS) / 1e6
    return Speed(embedder.name, count, rate, cold, size)


def cold_seconds(folder: Path) -> float:
    """From starting Python to the first vector, the median of three starts."""
    taken = []
    for _ in range(STARTS):
        start = time.perf_counter()
        done = subprocess.run(  # noqa: S603 - our own interpreter, our own line
            [sys.executable, "-c", _COLD, str(folder)], capture_output=True, text=True, check=False
        )
        taken.append(time.perf_counter() - start)
        if done.returncode:
            raise EncoderError(
                f"{folder} loads here and not in a fresh process: {done.stderr.strip()[-500:]}",
                expected="the first vector from a fresh Python",
                remedy="run the same command from the environment in which cpt-rag is installed",
            )
    return statistics.median(taken)
