"""Encoders that load by name. To add one, add a row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MODELS = Path(__file__).resolve().parent.parent / "models"


@dataclass(frozen=True, slots=True)
class Preset:
    """A model that this library knows by name."""

    name: str
    directory: Path


DEFAULT_ENCODER = "cpt-static"

PRESETS: dict[str, Preset] = {
    preset.name: preset for preset in (Preset("cpt-static", MODELS / "cpt-static"),)
}
