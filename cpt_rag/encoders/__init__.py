"""Texts to vectors: load an encoder by name or path."""

from cpt_rag.encoders.foreign import ForeignEncoder
from cpt_rag.encoders.load import load_encoder
from cpt_rag.encoders.presets import DEFAULT_ENCODER
from cpt_rag.encoders.static import StaticEncoder

__all__ = ["DEFAULT_ENCODER", "ForeignEncoder", "StaticEncoder", "load_encoder"]
