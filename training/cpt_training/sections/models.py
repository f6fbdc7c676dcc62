"""Which encoder is trained, and what it starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cpt_training.sections import Require

PRETRAINED_WIDTH = 384


@dataclass(frozen=True, slots=True)
class StaticModel:
    """A new static encoder: one row for each sub-word, the mean of a text's rows its embedding.

    ``vocabulary`` counts the learnt sub-words; ``pretrained_words`` adds the pretrained model's
    whole words that are not among them. A word is left out where it is among the next
    ``repeats_within`` words too; with 0 it counts as often as it stands there. ``start`` is where
    the rows come from, ``weighting`` scales them by how rare a token is, before training.
    """

    vocabulary: int
    pretrained_words: bool
    split_identifiers: bool
    repeats_within: int
    dimension: int
    start: Literal["pretrained", "random"]
    weighting: Literal["sif", "none"]

    def check(self, require: Require) -> None:
        """Refuse impossible values."""
        require(self.vocabulary >= 512, "static.vocabulary", "at least 512 (256 are single bytes)")
        require(self.repeats_within >= 0, "static.repeats_within", "a number of words, or 0")
        require(self.dimension >= 1, "static.dimension", "at least 1")
        pretrained = self.start == "pretrained"
        require(
            not pretrained or self.dimension <= PRETRAINED_WIDTH,
            "static.dimension",
            f"at most {PRETRAINED_WIDTH}, the pretrained width, or start = 'random'",
        )
        require(
            pretrained or self.weighting == "none",
            "static.weighting",
            "'none' beside start = 'random': random rows all have the same length",
        )


@dataclass(frozen=True, slots=True)
class TransformerModel:
    """A transformer: its pretrained folder, how many of its layers, and how it is pooled.

    ``start`` is ``all-MiniLM-L6-v2`` or a folder in the transformers library's layout, an encoder's
    or a decoder-only language model's. With ``random_weights`` only its shape and tokenizer are
    taken. ``delimiters`` opens a query with ``[`` and a document with ``{`` (Neelakantan et al.
    2022, section 2). ``projection`` is the width of a linear layer over the pooled state; 0 leaves
    the layer out. ``attention`` lets a token see the whole text or only what is before it;
    ``pretrained`` leaves that as the start has it. With ``split_identifiers`` the tokenizer reads
    ``readFile`` as two words. It keeps the ``vocabulary`` tokens that the corpus uses most, whose
    rows are saved in one byte a number; with 0 all of them, in two.
    """

    start: str
    random_weights: bool
    layers: int
    pooling: Literal["lasttoken", "mean", "cls"]
    delimiters: bool
    projection: int = 0
    attention: Literal["pretrained", "causal", "bidirectional"] = "pretrained"
    split_identifiers: bool = False
    vocabulary: int = 0

    def check(self, require: Require) -> None:
        """Refuse impossible values."""
        require(self.layers >= 1, "transformer.layers", "at least 1")
        require(
            self.vocabulary == 0 or self.vocabulary >= 512,
            "transformer.vocabulary",
            "at least 512 (single characters are among them), or 0",
        )
        require(self.projection >= 0, "transformer.projection", "a width, or 0 for none")


@dataclass(frozen=True, slots=True)
class ContinuedModel:
    """A finished sentence-transformers model, trained on: a shipped name or a folder."""

    start: str

    def check(self, require: Require) -> None:
        """Refuse impossible values."""
        require(bool(self.start), "continued.start", "a shipped name or a folder")
