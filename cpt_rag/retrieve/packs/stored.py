"""Files as a collection holds them: every chunk, in order.

A text that came from no file is one of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cpt_rag.qdrant import METADATA, PAGE_CONTENT, Where
from cpt_rag.types import Chunk

if TYPE_CHECKING:
    from cpt_rag.qdrant import Engine
    from cpt_rag.types import Hit, Point

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

    def admit(self, hit: Hit) -> Hit:
        """The hit, or where it is no chunk of a file, as the whole of a file that is its text.

        That file is called by the hit's path, or its id; by both where others have the path.
        """
        if hit.end > 0:
            return hit
        path = hit.path or hit.id
        whole = replace(hit, path=path, end=len(hit.text))
        if (hit.root, path) in self._read:
            whole = replace(whole, path=f"{path}#{hit.id}")
        self._read[whole.root, whole.path] = [
            Chunk(
                text=hit.text,
                start=0,
                end=len(hit.text),
                start_line=0,
                end_line=0,
                language=hit.language,
                kind=hit.kind,
            )
        ]
        return whole

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
