"""What the loop needs of an encoder, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import torch
from sentence_transformers import SentenceTransformer

from cpt_training.data.examples import Tokeniser, Tokenisers
from cpt_training.data.tokens import TokenLists
from cpt_training.sections.data import Data

Features = dict[str, torch.Tensor]
Role = Literal["query", "document"]


class Trainable(Protocol):
    """A sentence-transformers model whose texts were tokenised ahead of time."""

    model: SentenceTransformer

    @property
    def name(self) -> str:
        """Changes whenever the ids of a text would."""

    def tokenise(self, texts: Sequence[str], role: Role, most: int) -> Sequence[Sequence[int]]:
        """Ids of each text in its role, at most ``most``, whatever the role adds among them."""

    def features(self, tokens: TokenLists) -> Features:
        """Input of the model's forward, on the CPU."""

    def save(self, out: Path) -> None:
        """Write a model that sentence-transformers loads without code of ours."""


def tokenisers(trainable: Trainable, data: Data) -> Tokenisers:
    """A trainable's own, at the lengths of a config."""

    def of(role: Role, most: int) -> Tokeniser:
        name = f"{trainable.name}/{role}/{most}"
        return Tokeniser(lambda texts: trainable.tokenise(texts, role, most), name)

    return Tokenisers(of("query", data.query_tokens), of("document", data.document_tokens))
