"""From a question to the chunks that answer it."""

from cpt_rag.retrieve.context import ContextPack, context
from cpt_rag.retrieve.packs.passages import Passage, Place
from cpt_rag.retrieve.search import check_query, search

__all__ = ["ContextPack", "Passage", "Place", "check_query", "context", "search"]
