"""The domain on one screen: what flows between the rooms of the library.

Vectors are numpy arrays of dtype float32; offsets count characters, lines count from 1.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Float32Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of one source text: ``source_text[start:end] == text``.

    ``context`` (path, enclosing signatures) is embedded in front of the chunk and is no part of
    the span. ``reading`` stands in for ``text`` in the embedding where the span holds markup: an
    HTML block without its tags, a notebook cell without its JSON escapes.
    """

    text: str
    start: int
    end: int
    start_line: int
    end_line: int
    language: str
    kind: str
    symbol: str | None = None
    context: str = ""
    reading: str | None = None

    @property
    def embedded_text(self) -> str:
        """What the encoder and the lexical index see of this chunk."""
        body = self.text if self.reading is None else self.reading
        return f"{self.context}\n{body}" if self.context else body


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Term weights: ``indices`` are distinct unsigned 32-bit term ids, one weight for each."""

    indices: Sequence[int]
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a collection. ``id`` is a UUID; a record has a payload and no vectors.

    ``described`` is the dense vector of a text that describes it, where its collection has such.
    """

    id: str
    payload: Mapping[str, Any]
    dense: Float32Array | None = None
    sparse: SparseVector | None = None
    described: Float32Array | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """A point that a query returned, best first; ``score`` is higher for better."""

    id: str
    score: float
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result. ``path`` is relative to the folder that was ingested as ``root``.

    ``start`` and ``end`` are its span in that file's text, in characters. ``why`` names the parts
    that its score was made of. ``id`` is its point's, and ``metadata`` all that the point has; of a
    text that came from no file, ``root`` and ``path`` are empty and its numbers 0.
    """

    root: str
    path: str
    start_line: int
    end_line: int
    text: str
    score: float
    symbol: str | None
    kind: str
    language: str
    start: int
    end: int
    id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict, compare=False)
    why: Mapping[str, float] = field(default_factory=dict, compare=False)


UTF8 = "utf-8"
EXAMPLES = 20
"""Files that a report names for each reason."""


@dataclass(slots=True)
class IngestReport:
    """What one ingestion did: ``files == indexed + unchanged + sum(skipped.values())``.

    ``skipped_paths`` names up to `EXAMPLES` files for each reason; ``recoded`` counts those that
    this run read in another encoding than UTF-8, by its name.

    ``removed`` counts files that were in the collection and have vanished from the disk;
    ``chunks`` counts the chunks written by this run, ``reused`` those of them whose vectors were at
    hand in the store, ``described`` those that have a description; ``seconds`` is wall time, and
    ``stages`` its parts: walk (with hashing), reuse, chunk, embed (the sum over all processes at
    work), upsert, index.
    """

    files: int = 0
    indexed: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    skipped_paths: dict[str, list[str]] = field(default_factory=dict)
    recoded: dict[str, int] = field(default_factory=dict)
    chunks: int = 0
    reused: int = 0
    described: int = 0
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to the stage's sum."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.stages[name] = self.stages.get(name, 0.0) + time.perf_counter() - started

    def skip(self, reason: str, path: str) -> None:
        """Count a file that is left out."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1
        examples = self.skipped_paths.setdefault(reason, [])
        if len(examples) < EXAMPLES:
            examples.append(path)

    def read_as(self, encoding: str) -> None:
        """Count a file that was read, if not in UTF-8."""
        if encoding != UTF8:
            self.recoded[encoding] = self.recoded.get(encoding, 0) + 1


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What decides an encoder's vectors.

    ``name`` is what ``load_encoder`` takes to find it again and decides nothing; encoders equal in
    all else are interchangeable. ``weights`` and ``tokenizer`` are sha256 digests, and the
    tokenizer carries the normalisation; ``prompts`` maps a role to the text put in front of it.
    Of an encoder whose files are not ours to see, such as a service, ``weights`` names the class
    and ``probe`` is its vector of `PROBE`: two of one class are the same if these are near.
    """

    name: str
    weights: str
    tokenizer: str
    dimension: int
    pooling: str
    prompts: Mapping[str, str]
    probe: tuple[float, ...] = ()


PROBE = "What made this collection? def probe(text: str) -> list[float]: ..."
"""The document whose vector tells one encoder from another where nothing else does."""


class Encoder(Protocol):
    """Texts to unit vectors, one method for each role of the contrastive pair."""

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        ...

    @property
    def fingerprint(self) -> Fingerprint:
        """What a collection remembers of this encoder."""
        ...

    @property
    def max_tokens(self) -> int | None:
        """Tokens that one text may have before it is cut; None where there is no limit."""
        ...

    def count_tokens(self, text: str) -> int:
        """Length of ``text`` in this encoder's own tokens."""
        ...

    def encode_query(self, texts: Sequence[str]) -> Float32Array:
        """Unit rows, float32 (n, dimension), for texts that ask."""
        ...

    def encode_document(self, texts: Sequence[str]) -> Float32Array:
        """Unit rows, float32 (n, dimension), for texts that answer."""
        ...
