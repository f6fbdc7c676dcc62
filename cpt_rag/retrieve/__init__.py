"""From a question to the chunks that answer it."""

from cpt_rag.retrieve.search import search

__all__ = ["search"]
