"""One row of the table of encoders that load by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MODELS = Path(__file__).resolve().parent.parent / "models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A model that this library knows by name.

    Args:
        name: what ``load_encoder`` takes.
        repository: where it is published, ORGANISATION/NAME; None for one inside the package.
        revision: the published commit that is meant; None where none could be confirmed.
        architecture: the class of transformers, or of sentence-transformers, that runs it.
        pooling: how token states become one vector, where the checkpoint itself does not say.
        prompts: role to the text in front of it, where the checkpoint itself has none.
        dimension: length of its vectors.
        max_tokens: tokens of one text; None where there is no limit, or none could be confirmed.
        licence: its SPDX identifier, or the publisher's name for it.
        remote_code: whether the published files ask for classes of their own to be run. They
            never are here: ``architecture`` stands in for them.
        source: the paper or model card.
    """

    name: str
    repository: str | None
    revision: str | None
    architecture: str
    pooling: str
    prompts: Mapping[str, str] = field(default_factory=dict)
    dimension: int
    max_tokens: int | None
    licence: str
    remote_code: bool = False
    source: str

    @property
    def directory(self) -> Path:
        """Where a model inside the package lies."""
        return MODELS / self.name
