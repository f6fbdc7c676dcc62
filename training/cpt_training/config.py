"""A training run, said in TOML and checked before anything is loaded.

A file has one section for the encoder (``[static]``, ``[transformer]`` or ``[continued]``), one for
the data, one for the optimisation and, where a transformer teaches a static encoder, ``[teacher]``.
A transformer may train adapters in place of its weights (``[lora]``), ``[matching]`` adds a head
that tells pairs apart, and ``[order]`` a loss where hard negatives are graded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpt_rag.errors import InvalidInputError
from cpt_training.sections.data import Data
from cpt_training.sections.lora import Lora
from cpt_training.sections.matching import Matching
from cpt_training.sections.models import ContinuedModel, StaticModel, TransformerModel
from cpt_training.sections.optimisation import Optimisation
from cpt_training.sections.order import Order
from cpt_training.sections.teacher import Teacher
from cpt_training.toml import find_toml, parse, read_toml

CONFIGS = Path(__file__).parent / "configs"


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
    lora: Lora | None = None
    matching: Matching | None = None
    order: Order | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values and combinations, naming the field."""
        models = [part for part in (self.static, self.transformer, self.continued) if part]
        self._require(len(models) == 1, "static", "one of [static], [transformer], [continued]")
        parts = (self.data, self.optimisation, self.teacher, self.lora, self.matching, self.order)
        for part in (*parts, *models):
            if part:
                part.check(self._require)
        self._require(
            not self.teacher or bool(self.data.corpus),
            "teacher",
            "a corpus: the teacher reads its texts",
        )
        self._require(
            not (self.lora and self.static), "lora", "[transformer] or [continued] beside it"
        )
        self._require(
            not self.lora or self.optimisation.trained_share == 1,
            "optimisation.trained_share",
            "1 beside [lora]: half of each matrix is a quarter of their product",
        )
        self._require(
            not self.order or self.data.hard_negatives > 0,
            "order",
            "triplets with data.hard_negatives = 1 or more: these are what is graded",
        )
        widths = self.optimisation.matryoshka
        self._require(
            not (self.static and widths) or widths[0] == self.static.dimension,
            "optimisation.matryoshka",
            "static.dimension as the first width",
        )
        self._require(
            not self.matching or self.matching.candidates < self.optimisation.batch,
            "matching.candidates",
            f"fewer than optimisation.batch = {self.optimisation.batch}",
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
