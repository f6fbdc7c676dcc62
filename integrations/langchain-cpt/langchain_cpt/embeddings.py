"""LangChain's ``Embeddings`` over a cpt-rag encoder."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings

import cpt_rag


class CptEmbeddings(Embeddings):
    """Queries and documents in their own roles, text exactly as given.

    It pickles by the encoder's name or folder, not with its weights.

    Args:
        encoder: a shipped model's name, a local sentence-transformers folder, or a loaded encoder.
        batch_size: texts that are encoded at once.
        show_progress: draw a progress bar for documents, on stderr.

    Raises:
        cpt_rag.EncoderError: the name is unknown, or the folder is no usable model.
        cpt_rag.MissingExtraError: the model needs torch, which is not installed.
        cpt_rag.InvalidInputError: ``batch_size`` is below 1.
    """

    def __init__(
        self,
        encoder: str | Path | cpt_rag.Encoder = "cpt-static",
        *,
        batch_size: int = 512,
        show_progress: bool = False,
    ) -> None:
        if batch_size < 1:
            raise cpt_rag.InvalidInputError(
                f"batch_size is {batch_size}.", expected="a whole number from 1"
            )
        self._by_name = isinstance(encoder, str | Path)
        self.encoder: cpt_rag.Encoder = (
            cpt_rag.load_encoder(encoder) if isinstance(encoder, str | Path) else encoder
        )
        self.batch_size = batch_size
        self.show_progress = show_progress

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One unit vector for each text, in the document role.

        Raises:
            cpt_rag.InvalidInputError: a text is blank.
        """
        _check(texts)
        vectors: list[list[float]] = []
        for batch in self._batches(texts):
            vectors += self.encoder.encode_document(batch).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """A unit vector in the query role.

        Raises:
            cpt_rag.InvalidInputError: the text is blank.
        """
        _check([text])
        vector: list[float] = self.encoder.encode_query([text])[0].tolist()
        return vector

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """``embed_documents`` in a thread, so that the event loop goes on."""
        return await asyncio.to_thread(self.embed_documents, texts)

    async def aembed_query(self, text: str) -> list[float]:
        """``embed_query`` in a thread, so that the event loop goes on."""
        return await asyncio.to_thread(self.embed_query, text)

    def _batches(self, texts: list[str]) -> Iterator[list[str]]:
        batches = (
            texts[start : start + self.batch_size]
            for start in range(0, len(texts), self.batch_size)
        )
        if not self.show_progress:
            yield from batches
            return
        from rich.console import Console
        from rich.progress import MofNCompleteColumn, Progress

        columns = (*Progress.get_default_columns(), MofNCompleteColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("Embedding", total=len(texts))
            for batch in batches:
                yield batch
                progress.advance(task, len(batch))

    def __getstate__(self) -> dict[str, Any]:
        return {
            "encoder": self.encoder.fingerprint.name if self._by_name else self.encoder,
            "batch_size": self.batch_size,
            "show_progress": self.show_progress,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(encoder={self.encoder.fingerprint.name!r})"


def _check(texts: list[str]) -> None:
    """Before any batch: an encoder would count from its batch's start."""
    for place, text in enumerate(texts, 1):
        if not text.strip():
            raise cpt_rag.InvalidInputError(
                f"Text {place} of {len(texts)} is empty or white space.",
                expected="at least one visible character",
                remedy="leave empty texts out before embedding",
            )
