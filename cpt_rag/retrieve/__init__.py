"""From a question to the chunks that answer it."""

from cpt_rag.retrieve.context import ContextPack, context
from cpt_rag.retrieve.packs.passages import Passage, Place
from cpt_rag.retrieve.search import search

__all__ = ["ContextPack", "Passage", "Place", "context", "search"]
