"""Chunks on their way into a collection are given their descriptions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from cpt_rag.ingest.descriptions import (
    Description,
    Descriptions,
    check_lengths,
    description_of,
    digest_descriptions,
    intact,
    redescribed,
    with_vectors,
)
from cpt_rag.ingest.records import RootRecord, chunks_of, digest_of
from cpt_rag.ingest.write import File
from cpt_rag.qdrant import METADATA

if TYPE_CHECKING:
    from cpt_rag.qdrant import Engine
    from cpt_rag.types import Encoder, Float32Array


class Describer:
    """Describes the chunks of one root after the other.

    A chunk has the description that is given for it, or else the one that it had. That files are
    level with what is given is noted in their root's record, so that the same descriptions given
    again cost nothing.

    Args:
        engine: the collection; where it holds no descriptions, chunks are stripped of theirs.
        encoder: embeds them.
        given: new and changed descriptions; None where there are none to be level with.

    Raises:
        InvalidInputError: one of them is longer than the encoder reads.
    """

    def __init__(self, engine: Engine, encoder: Encoder, given: Descriptions | None) -> None:
        self._engine, self._encoder = engine, encoder
        self._level = given is not None and engine.spec.described
        self._given: Descriptions = given or {}
        self._digest = digest_descriptions(self._given)
        self._left: Descriptions = {}
        self._outdated: set[str] = set()
        check_lengths(self._given, encoder)

    def begin(self, root: str, record: RootRecord | None, recorded: Collection[str]) -> None:
        """Turn to ``root``, whose files at the paths ``recorded`` have records."""
        self._left, self._outdated = {}, set()
        if record is None or not self._engine.spec.described:
            return
        if not record.settled:  # a killed run may have left chunks whose file's record it removed
            found = self._engine.scroll(chunks_of(root), with_vectors=True)
            unvouched = [p for p in found if p.payload[METADATA]["path"] not in recorded]
            self._left = intact(with_vectors(unvouched), self._encoder)
        if self._level and record.descriptions != self._digest:
            self._outdated = set(self._differing(root))

    def outdates(self, path: str) -> bool:
        """Whether a file has a chunk that is described otherwise than is given."""
        return path in self._outdated

    def describe(self, files: Sequence[File]) -> None:
        """Give the files' points their descriptions, in place; each text is embedded once."""
        if not self._engine.spec.described:
            for file in files:
                if any(map(description_of, file.points)):  # from a collection that has some
                    file.points = [redescribed(point, None, None) for point in file.points]
            return
        chosen = [self._chosen(file) for file in files]
        vectors: dict[str, Float32Array] = {
            description.text: vector
            for file in files
            for description, vector in file.known.described.values()
        }
        texts = (one.text for some in chosen for one in some if one is not None)
        lacking = [text for text in dict.fromkeys(texts) if text not in vectors]
        vectors |= zip(lacking, self._encoder.encode_document(lacking), strict=True)
        for file, some in zip(files, chosen, strict=True):
            file.points = [
                redescribed(point, one, None if one is None else vectors[one.text])
                for point, one in zip(file.points, some, strict=True)
            ]
            self._outdated.discard(file.path)

    def applied(self, vanished: Collection[str]) -> str | None:
        """Digest of the descriptions that the root is level with, but for files that vanished.

        Empty where a file could not be brought level, None where there are none to be level with.
        """
        if not self._level:
            return None
        return "" if self._outdated.difference(vanished) else self._digest

    def _differing(self, root: str) -> Iterator[str]:
        """Paths of files with a chunk that is stored with another description than is given."""
        for point in self._engine.scroll(chunks_of(root)):
            given = self._given.get(digest_of(point) or "")
            if given is not None and given != description_of(point):
                yield point.payload[METADATA]["path"]

    def _chosen(self, file: File) -> list[Description | None]:
        """What each of its points is to be described with."""
        known = {digest: description for digest, (description, _) in file.known.described.items()}
        doubtful = intact(file.known.doubtful, self._encoder) if file.known.doubtful else {}
        sources = (self._given, self._left, known, doubtful)
        digests = [digest_of(point) or "" for point in file.points]
        return [next((s[digest] for s in sources if digest in s), None) for digest in digests]
