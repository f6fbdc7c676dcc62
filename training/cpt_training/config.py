"""A training run, said in TOML and checked before anything is loaded."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpt_rag.errors import InvalidInputError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# By annotation, which is a string here.
_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "Mapping[str, float]": (dict,),
}
CONFIGS = Path(__file__).parent / "configs"


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """One run of contrastive pre-training of a static encoder.

    ``kinds`` gives each kind of pair its share of the examples seen; a batch holds one kind.
    Lengths are in tokens, ``learning_rate`` is Adam's at its peak, ``scale`` is the inverse
    temperature at the start.
    """

    name: str
    corpus: str
    seed: int
    vocabulary: int
    dimension: int
    kinds: Mapping[str, float]
    query_tokens: int
    document_tokens: int
    batch: int
    epochs: int
    learning_rate: float
    warmup: float
    scale: float

    def __post_init__(self) -> None:
        """Refuse impossible values, naming the field."""
        for declared in dataclasses.fields(self):
            kind, value = str(declared.type), getattr(self, declared.name)
            self._require(isinstance(value, _KINDS[kind]), declared.name, kind)
        for field in ("vocabulary", "dimension", "query_tokens", "document_tokens", "epochs"):
            self._require(getattr(self, field) >= 1, field, "at least 1")
        self._require(self.vocabulary >= 512, "vocabulary", "at least 512 (256 are single bytes)")
        self._require(self.dimension <= 384, "dimension", "at most 384, the pretrained width")
        self._require(self.batch >= 2, "batch", "at least 2: negatives come from the batch")
        self._require(self.learning_rate > 0, "learning_rate", "a positive number")
        self._require(0 <= self.warmup < 1, "warmup", "a share of all steps in [0, 1)")
        self._require(self.scale > 0, "scale", "a positive number")
        self._require(
            bool(self.kinds) and all(share > 0 for share in self.kinds.values()),
            "kinds",
            "at least one kind of pair, each with a positive share",
        )

    def _require(self, ok: bool, field: str, expected: str) -> None:
        if not ok:
            raise InvalidInputError(
                f"{field} = {getattr(self, field)!r} in the config of {self.name!r}.",
                expected=expected,
                remedy=f"change {field} in the TOML file",
            )


def load_config(name_or_file: str) -> TrainConfig:
    """Read a config by the name of a file in ``configs/`` or by path.

    Raises:
        InvalidInputError: no such config, or a field that is missing, unknown or impossible.
    """
    path = Path(name_or_file)
    if path.suffix != ".toml":
        path = CONFIGS / f"{name_or_file}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in CONFIGS.glob("*.toml")))
        raise InvalidInputError(
            f"There is no config {name_or_file!r}.",
            expected=f"one of {known}, or a TOML file",
            remedy="pass a name or path from the line above",
        )
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(
            f"{path} is not valid TOML: {error}", expected="lines such as batch = 2048"
        ) from error
    fields = {field.name for field in dataclasses.fields(TrainConfig)}
    if fields != values.keys():
        raise InvalidInputError(
            f"{path} lacks {sorted(fields - values.keys())} and has the unknown "
            f"{sorted(values.keys() - fields)}.",
            expected="exactly the fields of TrainConfig",
            remedy="add or remove these lines",
        )
    return TrainConfig(**values)
