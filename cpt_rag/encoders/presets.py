"""Encoders that load by name. To add one, add a row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MODELS = Path(__file__).parent.parent / "models"


@dataclass(frozen=True, slots=True)
class Preset:
    """A model that this library knows by name.

    ``purpose`` is the line that ``cpt-rag --help`` and errors may show beside it.
    """

    name: str
    directory: Path
    purpose: str


DEFAULT_ENCODER = "cpt-static"

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (Preset("cpt-static", MODELS / "cpt-static", "code and text, instant on a CPU"),)
}
