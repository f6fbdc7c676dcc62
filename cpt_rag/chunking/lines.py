"""Sources without a grammar: paragraphs of prose, blocks of code by indentation and blank lines."""

from __future__ import annotations

from cpt_rag.chunking.assemble import Unit


def plain_units(text: str, language: str) -> list[Unit]:
    """One unit; where it is too long, packing prefers blocks that start at column 0."""
    kind = "paragraph" if language == "text" else "code"
    return [Unit(0, len(text), kind, language)]
