"""Encoders that load by name. To add one, add a row here or in ``published``."""

from __future__ import annotations

from cpt_rag.encoders.preset import MODELS, Preset
from cpt_rag.encoders.published import PUBLISHED

__all__ = ["DEFAULT_ENCODER", "MODELS", "PRESETS", "SHIPPED", "Preset"]

DEFAULT_ENCODER = "cpt-static"

SHIPPED: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="cpt-static",
            repository=None,
            revision=None,
            architecture="StaticEmbedding",
            pooling="mean",
            dimension=320,
            max_tokens=None,
            licence="apache-2.0",
            source="cpt_rag/models/cpt-static/README.md",
        ),
        Preset(
            name="cpt-small",
            repository=None,
            revision=None,
            architecture="BertModel",
            pooling="mean",
            dimension=384,
            max_tokens=256,
            licence="apache-2.0",
            source="cpt_rag/models/cpt-small/README.md",
        ),
    )
}
"""Those whose weights come inside the package."""

PRESETS: dict[str, Preset] = SHIPPED | {preset.name: preset for preset in PUBLISHED}
"""All, the shipped ones first."""
