"""Which chunker cuts which language."""

from __future__ import annotations

from cpt_rag.chunking.assemble import Source
from cpt_rag.chunking.code import code_chunks
from cpt_rag.chunking.html import html_chunks
from cpt_rag.chunking.languages import GRAMMARS
from cpt_rag.chunking.lines import plain_units
from cpt_rag.chunking.markdown import markdown_units
from cpt_rag.chunking.notebook import notebook_chunks
from cpt_rag.chunking.pages import page_units
from cpt_rag.chunking.rst import rst_units
from cpt_rag.types import Chunk

_UNITS = {"markdown": markdown_units, "rst": rst_units, "pdf": page_units}
_CHUNKS = {"html": html_chunks, "notebook": notebook_chunks}


def chunks_by_language(source: Source, language: str) -> list[Chunk]:
    """Cut by the language's own structure, or else by indentation and paragraphs."""
    if language in GRAMMARS:
        chunks = code_chunks(source, language)
    elif language in _CHUNKS:
        chunks = _CHUNKS[language](source)
    elif language in _UNITS:
        return source.chunks(_UNITS[language](source))
    else:
        chunks = None
    return source.chunks(plain_units(source.text, language)) if chunks is None else chunks
