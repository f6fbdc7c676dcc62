"""LangChain's ``TextSplitter`` over cpt-rag's chunkers."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langchain_core.documents import Document
from langchain_text_splitters import TextSplitter

import cpt_rag
from langchain_cpt.opening import EncoderLike, as_encoder

_PATHS = ("path", "file_path", "source")


class CptTextSplitter(TextSplitter):
    """Chunks of text and code along their structure, in the encoder's own tokens.

    Each document's metadata are its source's with ``start_index``, ``end_index`` (in characters:
    ``text[start_index:end_index] == page_content``), ``start_line``, ``end_line`` (from 1),
    ``language``, ``kind`` and ``symbol``. Joined, the chunks are the text, but for a text of white
    space alone, which has none. The language is read from the path that the source's metadata have
    under ``path``, ``file_path`` or ``source``; without one the text is prose.

    Args:
        encoder: whose tokens are counted: a name, a folder, an encoder or any ``Embeddings``.
        max_tokens: most tokens of a chunk with its path and enclosing signatures; None for what
            suits the encoder.
        language: where it is known better than by path, such as ``python`` or ``markdown``.

    Raises:
        cpt_rag.EncoderError: the encoder is unknown, or no usable model.
        cpt_rag.InvalidInputError: ``max_tokens`` is below 1.
    """

    def __init__(
        self,
        encoder: EncoderLike = "cpt-static",
        max_tokens: int | None = None,
        language: str | None = None,
    ) -> None:
        found = as_encoder(encoder)
        loaded = cpt_rag.load_encoder(found) if isinstance(found, str | Path) else found
        self._max_tokens = cpt_rag.chunk_tokens(loaded) if max_tokens is None else max_tokens
        if self._max_tokens < 1:
            raise cpt_rag.InvalidInputError(
                f"max_tokens is {max_tokens}.", expected="a whole number from 1"
            )
        super().__init__(
            chunk_size=self._max_tokens,
            chunk_overlap=0,
            length_function=loaded.count_tokens,
            add_start_index=True,
            strip_whitespace=False,
        )
        self._language = language

    def split_text(self, text: str) -> list[str]:
        """The chunks' texts, in order."""
        return [chunk.text for chunk in self._chunks(text, "")]

    def create_documents(
        self, texts: list[str], metadatas: list[dict[Any, Any]] | None = None
    ) -> list[Document]:
        """A document for each chunk of each text.

        Args:
            texts: whole sources.
            metadatas: one for each text, with its path where it has one.

        Raises:
            cpt_rag.InvalidInputError: texts and metadatas of unequal lengths.
        """
        described = [{}] * len(texts) if metadatas is None else metadatas
        if len(described) != len(texts):
            raise cpt_rag.InvalidInputError(
                f"metadatas: {len(described)} for {len(texts)} texts", expected="one for each text"
            )
        return [
            Document(page_content=chunk.text, metadata={**copy.deepcopy(metadata), **_place(chunk)})
            for text, metadata in zip(texts, described, strict=True)
            for chunk in self._chunks(text, _path(metadata))
        ]

    def _chunks(self, text: str, path: str) -> list[cpt_rag.Chunk]:
        return cpt_rag.chunk_source(
            text,
            path,
            count_tokens=self._length_function,
            max_tokens=self._max_tokens,
            language=self._language,
        )


def _path(metadata: Mapping[Any, Any]) -> str:
    found = (metadata.get(key) for key in _PATHS)
    return next((path for path in found if isinstance(path, str) and path), "")


def _place(chunk: cpt_rag.Chunk) -> dict[str, Any]:
    return {
        "start_index": chunk.start,
        "end_index": chunk.end,
        "start_line": chunk.start_line,
        "end_line": chunk.end_line,
        "language": chunk.language,
        "kind": chunk.kind,
        "symbol": chunk.symbol,
    }
