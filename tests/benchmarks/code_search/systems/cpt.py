"""cpt-rag as its users call it, or one of its arms alone."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import cpt_rag
from cpt_rag.retrieve.search import Arm, find

COLLECTION = "bench"


class CptRag:
    """A collection on disk, searched open; arms of one encoder search the same collection."""

    def __init__(self, arm: Arm, prepared: Path, encoder: str = "cpt-static") -> None:
        self._arm: Arm = arm
        self._encoder = cpt_rag.load_encoder(encoder)
        self._opened = ExitStack()

    def index(self, folder: Path, scratch: Path) -> None:
        cpt_rag.ingest(folder, collection=COLLECTION, store=scratch, encoder=self._encoder)
        opened = cpt_rag.open_collection(COLLECTION, scratch, encoder=self._encoder)
        self._collection = self._opened.enter_context(opened)

    def search(self, query: str, limit: int) -> list[str]:
        return [hit.path for hit in find(query, self._collection, limit, arm=self._arm)]

    def close(self) -> None:
        self._opened.close()
