"""From a file's bytes to what is written of it: chunks with both their vectors.

All of it is a function of the file, its path and the encoder, so that it can be done anywhere.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cpt_rag.chunking import chunk_source
from cpt_rag.collection import chunk_tokens
from cpt_rag.ingest.read import extract
from cpt_rag.ingest.reasons import Reason, UnusableFileError
from cpt_rag.ingest.role import Role, file_role
from cpt_rag.text.bm25 import document_vector
from cpt_rag.types import UTF8, Chunk, Encoder, SparseVector

if TYPE_CHECKING:
    from cpt_rag.types import Float32Array

VISIBLE = re.compile(r"[^\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class Task:
    """A file to prepare: its path and content, and what of it need not be embedded again.

    ``known`` are digests of embedded texts whose vectors are at hand elsewhere.
    """

    path: str
    content: bytes
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Embedded:
    """A chunk with its vectors; ``dense`` is None where its task knew ``digest``."""

    chunk: Chunk
    digest: str
    dense: Float32Array | None
    sparse: SparseVector | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file's chunks, or the reason why it has none."""

    role: Role
    chunks: tuple[Embedded, ...] = ()
    reason: Reason | None = None
    encoding: str = UTF8


@dataclass(frozen=True, slots=True)
class Cut:
    """A file's chunks with the digests of what is embedded of them."""

    role: Role = "source"
    chunks: tuple[tuple[Chunk, str], ...] = ()
    reason: Reason | None = None
    encoding: str = UTF8


@dataclass(slots=True)
class Batch:
    """What became of several tasks, in their order, and the seconds that each stage took."""

    files: list[Prepared] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def prepare(tasks: Sequence[Task], encoder: Encoder) -> Batch:
    """Chunk every file, and embed all their chunks together."""
    started = time.perf_counter()
    files = [cut(task, encoder) for task in tasks]
    chunked = time.perf_counter()
    fresh = [
        (chunk, digest)
        for task, file in zip(tasks, files, strict=True)
        for chunk, digest in file.chunks
        if digest not in task.known
    ]
    vectors = iter(encoder.encode_document([chunk.embedded_text for chunk, _ in fresh]))
    batch = Batch()
    for task, file in zip(tasks, files, strict=True):
        embedded = tuple(
            Embedded(
                chunk,
                digest,
                None if digest in task.known else next(vectors),
                document_vector(chunk.embedded_text),
            )
            for chunk, digest in file.chunks
        )
        batch.files.append(Prepared(file.role, embedded, file.reason, file.encoding))
    batch.seconds = {"chunk": chunked - started, "embed": time.perf_counter() - chunked}
    return batch


def text_digest(embedded_text: str) -> str:
    """By which one input of the encoder is known again: 16 hexadecimal digits."""
    encoded = embedded_text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(encoded, digest_size=8).hexdigest()


def cut(task: Task, encoder: Encoder) -> Cut:
    """A file's chunks as they would be embedded by ``encoder``, or the reason why it has none."""
    try:
        found = extract(task.content)
    except UnusableFileError as skip:
        return Cut(reason=skip.reason)
    chunks = chunk_source(
        found.text,
        task.path,
        count_tokens=encoder.count_tokens,
        max_tokens=chunk_tokens(encoder),
        language=found.language,
    )
    # What shows nothing (control characters) has no tokens, and so no vector.
    visible = [chunk for chunk in chunks if VISIBLE.search(chunk.embedded_text)]
    digests = tuple((chunk, text_digest(chunk.embedded_text)) for chunk in visible)
    return Cut(file_role(task.path, found.text), digests, encoding=found.encoding)
