"""A transformer's view of the corpus, for a static encoder to learn from.

Both sides of evenly spread training pairs are read once and kept beside the corpus, in parts, so
that hours of reading survive a kill.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from sentence_transformers import SentenceTransformer
from torch import nn

from cpt_rag.encoders.fingerprint import WEIGHTS, digest
from cpt_training.data.pairs import corpus_hash, read_pairs
from cpt_training.data.tokens import Rows, TokenLists, tokenise
from cpt_training.loop.losses import similarity_distillation, vector_distillation
from cpt_training.models.pretrained import locate
from cpt_training.models.trainable import Trainable
from cpt_training.origin import name_of
from cpt_training.replace import replacing
from cpt_training.sections.data import Data
from cpt_training.sections.teacher import Teacher

PART = 8192
console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Lessons:
    """Texts as the student reads them, and the teacher's unit rows, float16 (n, e)."""

    tokens: TokenLists
    vectors: NDArray[np.float16]

    def draw(self, seed: int, size: int, skip: int) -> Iterator[Rows]:
        """Batches of row numbers, each text once in an epoch."""
        random = np.random.default_rng(seed)

        def epochs() -> Iterator[Rows]:
            while True:
                order = random.permutation(len(self.tokens))
                for start in range(0, max(len(order) - size, 0) + 1, size):
                    yield order[start : start + size]

        return islice(epochs(), skip, None)


class Distillation(nn.Module):
    """The teacher's loss, and whatever of it is trained."""

    def __init__(self, config: Teacher, width: int, teacher_width: int) -> None:
        super().__init__()
        self._config = config
        shape = (width, teacher_width) if config.objective == "vectors" else (0, 0)
        self.projection = nn.Parameter(torch.zeros(shape))
        if config.objective == "vectors":
            nn.init.orthogonal_(self.projection)

    def forward(self, student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
        """Weighted loss of one batch, a scalar."""
        if self._config.objective == "similarities":
            return self._config.weight * similarity_distillation(student, teacher)
        return self._config.weight * vector_distillation(student, teacher, self.projection)


def lessons(config: Teacher, data: Data, corpus: Path, student: Trainable) -> Lessons:
    """What the teacher says of ``config.texts`` texts, read now or before."""
    texts = list(_texts(config, corpus))
    return Lessons(
        tokenise(lambda part: student.tokenise(part, "document", data.document_tokens), texts),
        _vectors(config, corpus, texts),
    )


def _texts(config: Teacher, corpus: Path) -> Iterator[str]:
    """Queries and documents in turn, of pairs evenly spread over the training split."""
    statistics = json.loads((corpus / "statistics.json").read_text(encoding="utf-8"))
    every = max(1, 2 * statistics["pairs"]["train"] // config.texts)
    chosen = islice(read_pairs(corpus / "train.parquet"), 0, None, every)
    # Cut where the teacher stops reading, at about four characters a token: the student is not to
    # learn from it what it has not seen.
    most = 4 * config.tokens
    return islice((text[:most] for p in chosen for text in (p.query, p.document)), config.texts)


def _vectors(config: Teacher, corpus: Path, texts: list[str]) -> NDArray[np.float16]:
    teacher = locate(config.model)
    # A teacher that is trained again under its name says something else.
    weights = digest(teacher, WEIGHTS)
    name = name_of(corpus_hash(corpus), weights, config.texts, config.tokens)
    folder = corpus / "tokens" / f"teacher-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    missing = [s for s in range(0, len(texts), PART) if not (folder / f"{s}.npy").is_file()]
    if missing:
        reader = SentenceTransformer(str(teacher), local_files_only=True)
        reader.max_seq_length = config.tokens
        for start in track(missing, "the teacher reads", console=console):
            rows = reader.encode(
                texts[start : start + PART], batch_size=64, normalize_embeddings=True
            )
            with replacing(folder / f"{start}.npy") as part, part.open("wb") as file:
                np.save(file, np.asarray(rows, dtype=np.float16))
    parts = [np.load(folder / f"{start}.npy") for start in range(0, len(texts), PART)]
    return np.concatenate(parts)
