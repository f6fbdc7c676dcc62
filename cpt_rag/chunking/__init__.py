"""Text and syntax-aware code chunkers with exact spans."""

from __future__ import annotations

from cpt_rag.chunking.source import CHUNKER_VERSION, chunk_source

__all__ = ["CHUNKER_VERSION", "chunk_source"]
