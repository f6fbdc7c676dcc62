"""Files as a collection holds them: every chunk, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cpt_rag.qdrant import METADATA, PAGE_CONTENT, Where
from cpt_rag.types import Chunk

if TYPE_CHECKING:
    from cpt_rag.qdrant import Engine
    from cpt_rag.types import Point

Source = tuple[str, str]
"""A file: the name of its root and its path below it."""


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """The files of one collection, each read once, when it is first asked for."""

    engine: Engine
    _read: dict[Source, Sequence[Chunk]] = field(default_factory=dict)

    def chunks(self, source: Source) -> Sequence[Chunk]:
        """All chunks of a file by their beginnings; none where it is gone."""
        if source not in self._read:
            root, path = source
            where = Where({f"{METADATA}.root": [root], f"{METADATA}.path": [path]})
            chunks = [_chunk(point) for point in self.engine.scroll(where)]
            self._read[source] = sorted(chunks, key=lambda chunk: (chunk.start, chunk.end))
        return self._read[source]

    def index(self, source: Source, start: int, end: int) -> int | None:
        """Which of a file's chunks has this span; None where the file has changed since."""
        for index, chunk in enumerate(self.chunks(source)):
            if (chunk.start, chunk.end) == (start, end):
                return index
        return None

    def roots(self) -> Sequence[str]:
        """Names of the folders that chunks came from, sorted."""
        return self.engine.values(f"{METADATA}.root")


def _chunk(point: Point) -> Chunk:
    metadata: Mapping[str, Any] = point.payload[METADATA]
    return Chunk(
        text=point.payload[PAGE_CONTENT],
        start=metadata["start"],
        end=metadata["end"],
        start_line=metadata["start_line"],
        end_line=metadata["end_line"],
        language=metadata["language"],
        kind=metadata["kind"],
        symbol=metadata["symbol"],
    )
