"""A training run, said in TOML and checked before anything is loaded.

A file has one section for the encoder (``[static]``, ``[transformer]`` or ``[continued]``), one for
the data, one for the optimisation and, where a transformer teaches a static encoder, ``[teacher]``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from cpt_rag.errors import InvalidInputError
from cpt_training.toml import find_toml, parse, read_toml

CONFIGS = Path(__file__).parent / "configs"
PRETRAINED_WIDTH = 384

Require = Callable[[bool, str, str], None]
"""Whether something holds, of which field, and what would have been right."""


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

    ``start`` is ``all-MiniLM-L6-v2`` or a folder in the transformers library's layout. With
    ``random_weights`` only its shape and tokenizer are taken. ``delimiters`` opens a query with
    ``[`` and a document with ``{`` (Neelakantan et al. 2022, section 2).
    """

    start: str
    random_weights: bool
    layers: int
    pooling: Literal["lasttoken", "mean"]
    delimiters: bool

    def check(self, require: Require) -> None:
        """Refuse impossible values."""
        require(self.layers >= 1, "transformer.layers", "at least 1")


@dataclass(frozen=True, slots=True)
class ContinuedModel:
    """A finished sentence-transformers model, trained on: a shipped name or a folder."""

    start: str

    def check(self, require: Require) -> None:
        """Refuse impossible values."""
        require(bool(self.start), "continued.start", "a shipped name or a folder")


@dataclass(frozen=True, slots=True)
class Data:
    """What is trained on.

    ``kinds`` gives each kind of a corpus's pairs its share of the examples seen; a batch holds one
    kind and, with ``one_language``, one language; ``together`` neighbouring pairs, of one package,
    stay in one batch. ``phrased`` of the queries begin as people ask. A supervised phase names
    ``triplets``, a JSON Lines file, in place of ``corpus`` and ``kinds``, and takes up to
    ``hard_negatives`` of each line. Lengths are in tokens. ``training_pairs`` of each kind are
    taken, 0 for all; the curve is over ``validation_pairs`` of each kind.
    """

    query_tokens: int
    document_tokens: int
    validation_pairs: int
    training_pairs: int = 0
    one_language: bool = False
    together: int = 1
    phrased: float = 0.0
    corpus: str = ""
    kinds: Mapping[str, float] = field(default_factory=dict)
    triplets: str = ""
    hard_negatives: int = 0

    def check(self, require: Require) -> None:
        """Refuse impossible values and combinations."""
        for name in ("query_tokens", "document_tokens", "validation_pairs"):
            require(getattr(self, name) >= 1, f"data.{name}", "at least 1")
        require(
            bool(self.corpus) != bool(self.triplets),
            "data.triplets" if self.triplets else "data.corpus",
            "either a corpus or a file of triplets",
        )
        shares = all(share > 0 for share in self.kinds.values())
        require(
            bool(self.kinds) == bool(self.corpus) and shares,
            "data.kinds",
            "at least one kind of pair with a positive share beside a corpus, none beside triplets",
        )
        require(
            self.hard_negatives >= 0 and (bool(self.triplets) or not self.hard_negatives),
            "data.hard_negatives",
            "0 beside a corpus, whose pairs have none",
        )
        require(self.training_pairs >= 0, "data.training_pairs", "at least 0")
        require(self.together >= 1, "data.together", "at least 1")
        require(0 <= self.phrased <= 1, "data.phrased", "a share of the queries in [0, 1]")
        require(
            not (self.triplets and self.one_language),
            "data.one_language",
            "false beside triplets, which name no language",
        )


@dataclass(frozen=True, slots=True)
class Optimisation:
    """How it is trained.

    ``batch`` pairs share their negatives, over all processes; ``mini_batch`` of them are in memory
    at once (gradient caching where it is the smaller). ``examples`` pairs are seen in all.
    ``scale`` is the inverse temperature at the start. ``matryoshka`` lists the widths that are
    trained to serve alone, the whole one first. ``validations`` are spread evenly, each with a
    checkpoint. The saved weights are ``trained_share`` of the best ones and for the rest the
    start's (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", section 3).
    """

    batch: int
    mini_batch: int
    examples: int
    learning_rate: float
    weight_decay: float
    warmup: float
    scale: float
    validations: int
    matryoshka: tuple[int, ...] = ()
    trained_share: float = 1.0

    def check(self, require: Require) -> None:
        """Refuse impossible values and combinations."""
        require(self.batch >= 2, "optimisation.batch", "at least 2: negatives come from the batch")
        require(
            1 <= self.mini_batch <= self.batch, "optimisation.mini_batch", "from 1 to the batch"
        )
        require(self.examples >= self.batch, "optimisation.examples", "at least one batch")
        require(self.learning_rate > 0, "optimisation.learning_rate", "a positive number")
        require(self.weight_decay >= 0, "optimisation.weight_decay", "at least 0")
        require(0 <= self.warmup < 1, "optimisation.warmup", "a share of all steps in [0, 1)")
        require(self.scale > 0, "optimisation.scale", "a positive number")
        require(self.validations >= 1, "optimisation.validations", "at least 1")
        require(0 < self.trained_share <= 1, "optimisation.trained_share", "a share in (0, 1]")
        require(
            all(a > b for a, b in pairwise((*self.matryoshka, 0))),
            "optimisation.matryoshka",
            "falling widths, the whole one first",
        )

    @property
    def steps(self) -> int:
        """Batches in all."""
        return self.examples // self.batch


@dataclass(frozen=True, slots=True)
class Teacher:
    """A transformer whose view of the corpus a static encoder learns beside the pairs.

    It reads ``texts`` of the corpus, up to ``tokens`` of each. ``objective`` says what of it is
    matched: cosines inside a batch of ``batch`` texts, of which each process compares its own, or
    its vectors. ``weight`` multiplies that loss. ``before`` is the share of the steps that the
    teacher has for itself, ahead of the pairs; 0 puts it beside them.
    """

    model: str
    texts: int
    tokens: int
    objective: Literal["similarities", "vectors"]
    weight: float
    batch: int
    before: float = 0.0

    def check(self, require: Require) -> None:
        """Refuse impossible values."""
        require(self.tokens >= 1, "teacher.tokens", "at least 1")
        require(self.batch >= 2, "teacher.batch", "at least 2")
        require(self.texts >= self.batch, "teacher.texts", "at least one batch")
        require(self.weight > 0, "teacher.weight", "a positive number")
        require(0 <= self.before < 1, "teacher.before", "a share of all steps in [0, 1)")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """One run of contrastive training."""

    name: str
    seed: int
    data: Data
    optimisation: Optimisation
    static: StaticModel | None = None
    transformer: TransformerModel | None = None
    continued: ContinuedModel | None = None
    teacher: Teacher | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values and combinations, naming the field."""
        models = [part for part in (self.static, self.transformer, self.continued) if part]
        self._require(len(models) == 1, "static", "one of [static], [transformer], [continued]")
        for part in (self.data, self.optimisation, self.teacher, *models):
            if part:
                part.check(self._require)
        self._require(
            not self.teacher or bool(self.data.corpus),
            "teacher",
            "a corpus: the teacher reads its texts",
        )
        widths = self.optimisation.matryoshka
        self._require(
            not (self.static and widths) or widths[0] == self.static.dimension,
            "optimisation.matryoshka",
            "static.dimension as the first width",
        )

    def _require(self, ok: bool, name: str, expected: str) -> None:
        if not ok:
            value: Any = self
            for part in name.split("."):
                value = getattr(value, part)
            raise InvalidInputError(
                f"{name} = {value!r} in the config of {self.name!r}.",
                expected=expected,
                remedy=f"change {name} in the TOML file",
            )


def load_config(name_or_file: str) -> TrainConfig:
    """Read a config by the name of a file in ``configs/`` or by path.

    Raises:
        InvalidInputError: no such config, or a field that is missing, unknown or impossible.
    """
    path = find_toml(name_or_file, CONFIGS, "config")
    config: TrainConfig = parse(TrainConfig, read_toml(path), str(path))
    return config
