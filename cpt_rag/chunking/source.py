"""One source text in, its chunks out."""

from __future__ import annotations

from collections.abc import Callable

from cpt_rag.errors import InvalidInputError
from cpt_rag.types import Chunk

CHUNKER_VERSION = "1"
"""Part of a collection's identity: raised whenever any source would be cut differently."""


def chunk_source(
    text: str,
    path: str,
    *,
    count_tokens: Callable[[str], int],
    max_tokens: int,
    language: str | None = None,
) -> list[Chunk]:
    """Cut one source into chunks that the encoder can take whole.

    The chunks, in order, are a partition of ``text``: joined, they are the text, for code that
    parses and for code that does not. A text of nothing but white space has no chunks, which is
    the one exception, and no chunk is white space only. ``count_tokens(chunk.embedded_text)`` is
    at most ``max_tokens`` unless a single character is longer, or white space that has to go
    with its neighbour.

    Args:
        text: the whole source, any Unicode text with any line endings.
        path: relative path; the first line of every chunk's context.
        count_tokens: the encoder's own counter.
        max_tokens: most tokens of a chunk with its context.
        language: one of the names of `detect_language`, where it is known better than by path;
            "pdf" for pages, each ended by a form feed.
    """
    if max_tokens < 1:
        raise InvalidInputError(
            f"max_tokens is {max_tokens}",
            expected="a positive number of tokens",
            remedy="pass the encoder's max_tokens",
        )
    if not text or text.isspace():
        return []
    # Imported with the first source: a search needs nothing of the chunker but its version.
    from cpt_rag.chunking.assemble import Source
    from cpt_rag.chunking.detect import detect_language
    from cpt_rag.chunking.formats import chunks_by_language

    if language is None:
        language = detect_language(path, text[:200].split("\n", 1)[0])
    return chunks_by_language(Source(text, path, count_tokens, max_tokens), language)
