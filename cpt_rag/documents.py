"""Texts under ids of the caller's own, beside or instead of the chunks of files."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cpt_rag.collection import Collection
from cpt_rag.errors import InvalidInputError
from cpt_rag.qdrant import METADATA, PAGE_CONTENT, RECORD, Where, folders_above, is_id, refused
from cpt_rag.text.bm25 import document_vector
from cpt_rag.types import Hit, Point

if TYPE_CHECKING:
    from cpt_rag.types import Encoder, Float32Array

DOCUMENT_KIND = "document"
_NAMESPACE = uuid.UUID("5f6d8ff5-0a0c-5e34-9f4f-6f1b7c1d7a52")
_BATCH = 512


@dataclass(frozen=True, slots=True)
class Document:
    """A text with the metadata it was given; ``score`` where it was searched for.

    ``vector`` is its float32 (dimension,) unit vector, where that was asked for.
    """

    id: str
    text: str
    metadata: Mapping[str, Any]
    score: float = 0.0
    vector: Float32Array | None = field(default=None, compare=False)


Filter = Mapping[str, Any]
"""Names of metadata, dotted where they are nested, to the value wanted, or a list of several."""


class Documents:
    """The documents of an open collection, chunks of ingested files among them.

    Args:
        collection: stays the caller's to close.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def add(
        self,
        texts: Sequence[str],
        metadatas: Sequence[Mapping[str, Any]] | None = None,
        ids: Sequence[str | None] | None = None,
    ) -> list[str]:
        """Embed and write; a text whose id is there replaces what had it.

        Args:
            texts: none of them blank.
            metadatas: one for each text; JSON values.
            ids: one for each text, any strings; where there is none it is made from text and
                metadata, so that the same call again writes the same points.

        Returns:
            The ids, in order.

        Raises:
            InvalidInputError: unequal lengths, an id that is no string or stands twice, a text
                that is blank or no string. Nothing was written.
            InvalidPointError: metadata that cannot be stored. Nothing of its batch was written,
                and the same call, mended, replaces what went before.
            CollectionError: another program wrote the collection.
        """
        if self._collection.foreign:
            raise refused(self._collection.name)
        metadatas = _aligned(metadatas, texts, "metadatas") or [{}] * len(texts)
        given = _aligned(ids, texts, "ids") or [None] * len(texts)
        _check_texts(texts)
        chosen = [
            _content_id(text, metadata) if identifier is None else identifier
            for identifier, text, metadata in zip(given, texts, metadatas, strict=True)
        ]
        _check_ids([identifier for identifier in given if identifier is not None])
        for start in range(0, len(texts), _BATCH):
            part = slice(start, start + _BATCH)
            self._write(texts[part], metadatas[part], chosen[part])
        return chosen

    def get(self, ids: Sequence[str]) -> list[Document]:
        """The documents of these ids, in the order asked; missing ones are left out."""
        # What another program wrote has its own ids.
        points = self._collection.engine.retrieve(
            list(ids) if self._collection.foreign else [point_id(i) for i in ids]
        )
        return [_document(point.id, point.payload) for point in points if _is_text(point.payload)]

    def delete(self, ids: Sequence[str]) -> None:
        """Remove documents by id; unknown ones are passed over."""
        if isinstance(ids, str):
            raise InvalidInputError(f"ids = {ids!r}", expected="a sequence of strings")
        self._collection.engine.delete_ids([point_id(i) for i in ids])

    def delete_where(self, matching: Filter) -> None:
        """Remove the documents that match.

        Raises:
            InvalidInputError: an empty filter, which would remove everything.
        """
        self._collection.engine.delete(metadata_filter(matching))

    def embed_again(self, points: Sequence[str]) -> None:
        """Give documents, named by their points, the vectors of their texts anew."""
        for start in range(0, len(points), _BATCH):
            stored = self._collection.engine.retrieve(points[start : start + _BATCH])
            self._collection.engine.upsert(embedded(stored, self._collection.encoder))

    def nearest(
        self,
        vector: Float32Array,
        limit: int,
        matching: Filter | None = None,
        *,
        with_vectors: bool = False,
    ) -> list[Document]:
        """The ``limit`` nearest to a vector, best first, scored by cosine.

        Args:
            vector: float32 (dimension,).
            limit: documents at most.
            matching: metadata they must have.
            with_vectors: whether to bring their vectors.
        """
        where = metadata_filter(matching) if matching else None
        found = self._collection.engine.query(dense=vector, limit=limit, where=where)
        vectors: dict[str, Float32Array | None] = {}
        if with_vectors:
            points = self._collection.engine.retrieve([hit.id for hit in found], with_vectors=True)
            vectors = {point.id: point.dense for point in points}
        return [
            _document(hit.id, hit.payload, hit.score, vectors.get(hit.id))
            for hit in found
            if _is_text(hit.payload)
        ]

    def behind(self, hits: Sequence[Hit]) -> list[Document]:
        """The documents that hits of a search are, in order, under the ids they were added with."""
        own = [hit.id for hit in hits if not hit.start_line]  # a chunk has no id but its point's
        points = self._collection.engine.retrieve(own) if own else []
        records = {point.id: point.payload.get(RECORD) or {} for point in points}
        return [
            Document(
                id=records.get(hit.id, {}).get("id", hit.id),
                text=hit.text,
                metadata=hit.metadata,
                score=hit.score,
            )
            for hit in hits
        ]

    def _write(
        self, texts: Sequence[str], metadatas: Sequence[Mapping[str, Any]], ids: Sequence[str]
    ) -> None:
        points = [point_id(identifier) for identifier in ids]
        vectors = self._vectors(texts, points)
        self._collection.engine.upsert(
            [
                Point(
                    id=point,
                    payload={
                        PAGE_CONTENT: text,
                        METADATA: dict(metadata),
                        RECORD: {
                            "kind": DOCUMENT_KIND,
                            "id": identifier,
                            "folders": folders_above(metadata.get("path")),
                        },
                    },
                    dense=vector,
                    sparse=document_vector(text),
                )
                for point, identifier, text, metadata, vector in zip(
                    points, ids, texts, metadatas, vectors, strict=True
                )
            ]
        )

    def _vectors(self, texts: Sequence[str], points: Sequence[str]) -> list[Float32Array]:
        """One for each text; a text that is there under its id is not embedded again."""
        wanted = dict(zip(points, texts, strict=True))
        stored = self._collection.engine.retrieve(points, with_vectors=True)
        known = {
            point.id: point.dense
            for point in stored
            if point.payload.get(PAGE_CONTENT) == wanted[point.id]
        }
        lacking = [t for t, p in zip(texts, points, strict=True) if known.get(p) is None]
        fresh = iter(self._collection.encoder.encode_document(lacking))
        vectors = (known.get(point) for point in points)
        return [next(fresh) if vector is None else vector for vector in vectors]


def embedded(points: Sequence[Point], encoder: Encoder) -> list[Point]:
    """Documents' points with the vectors that ``encoder`` gives their texts."""
    texts = [point.payload[PAGE_CONTENT] for point in points]
    return [
        replace(point, dense=vector, sparse=document_vector(text))
        for point, text, vector in zip(points, texts, encoder.encode_document(texts), strict=True)
    ]


def point_id(identifier: str) -> str:
    """The point of a document's id: a UUID stands for itself, any other string is mapped to one."""
    _check_ids([identifier])
    return identifier if is_id(identifier) else str(uuid.uuid5(_NAMESPACE, identifier))


def metadata_filter(matching: Filter) -> Where:
    """The condition on stored points that a filter on metadata is.

    Raises:
        InvalidInputError: no field, a field without values, or a value that cannot be equalled.
    """
    if not isinstance(matching, Mapping) or not matching:
        raise InvalidInputError(
            f"The filter is {matching!r}.",
            expected='names of metadata and their values, as {"author": "ada"}',
            remedy="name a field, or leave the filter out where everything is meant",
        )
    return Where(
        {
            f"{METADATA}.{name}": value if isinstance(value, list | tuple) else [value]
            for name, value in matching.items()
        }
    )


def _document(
    identifier: str,
    payload: Mapping[str, Any],
    score: float = 0.0,
    vector: Float32Array | None = None,
) -> Document:
    record = payload.get(RECORD) or {}
    return Document(
        id=record.get("id", identifier),
        text=payload[PAGE_CONTENT],
        metadata=payload.get(METADATA) or {},
        score=score,
        vector=vector,
    )


def _is_text(payload: Mapping[str, Any]) -> bool:
    """Whether it is a text, and no record of the collection's own."""
    return PAGE_CONTENT in payload


def _content_id(text: str, metadata: Mapping[str, Any]) -> str:
    try:
        described = json.dumps(metadata, sort_keys=True)
    except (TypeError, ValueError):  # refused with its reason where it is written
        described = repr(metadata)
    return str(uuid.uuid5(_NAMESPACE, f"{len(text)}\n{text}\n{described}"))


def _aligned(values: Sequence[Any] | None, texts: Sequence[str], what: str) -> list[Any] | None:
    if values is None:
        return None
    if isinstance(values, str) or len(values) != len(texts):
        found = repr(values) if isinstance(values, str) else str(len(values))
        raise InvalidInputError(
            f"{what}: {found} for {len(texts)} texts", expected="one for each text"
        )
    return list(values)


def _check_texts(texts: Sequence[str]) -> None:
    if isinstance(texts, str):
        raise InvalidInputError("one string where texts belong", expected="a sequence of strings")
    for place, text in enumerate(texts):
        if not isinstance(text, str) or not text.strip():
            found = type(text).__name__ if not isinstance(text, str) else "blank"
            raise InvalidInputError(
                f"text {place} of {len(texts)} is {found}",
                expected="a string with something in it",
                remedy="leave it out; nothing was written",
            )


def _check_ids(ids: Sequence[object]) -> None:
    seen: set[object] = set()
    for identifier in ids:
        if not isinstance(identifier, str) or not identifier:
            raise InvalidInputError(f"the id {identifier!r}", expected="a string")
        if identifier in seen:
            raise InvalidInputError(f"the id {identifier!r} twice", expected="distinct ids")
        seen.add(identifier)
