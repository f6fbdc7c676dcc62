"""What a collection looks like, spelled once: vector names, payload keys, indexed fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, ClassVar

from cpt_rag.errors import InvalidInputError, StoreCorruptError
from cpt_rag.qdrant.scale import (
    Deployment,
    Hnsw,
    OnDisk,
    Quantisation,
    from_fields,
    to_fields,
)

PAGE_CONTENT = "page_content"
"""Payload key of a chunk's text, where LangChain, LlamaIndex and bare clients read it."""

METADATA = "metadata"
"""Payload key of what is known about a chunk."""

RECORD = "_cpt"
"""Payload key of what this package notes for itself; its ``kind`` tells records apart."""

NAME = f"{RECORD}.name"
"""Payload field of what a chunk defines: the last part of its symbol, in lower case."""

ROLE = f"{RECORD}.role"
"""Payload field of the part that a chunk's file plays: source, test, example, ..."""

RECORDED_PATH = f"{RECORD}.path"
"""The path of the file that a record is of."""

FOLDERS = f"{RECORD}.folders"
"""Payload field of every folder above a chunk's file, without a slash at the end."""


def folders_above(path: object) -> list[str]:
    """What that field holds for the file at ``path``; nothing where that is no text."""
    parts = path.split("/")[:-1] if isinstance(path, str) else []
    return [folder for folder in accumulate(parts, "{}/{}".format) if folder]


CHUNK_KIND = "chunk"
"""What `RECORD`'s kind says of a span of a file."""

DOCUMENT = "document"
"""Second payload key of the text, for readers that insist on it (mcp-server-qdrant)."""


@dataclass(frozen=True, slots=True)
class CollectionSpec:
    """The shape of one collection.

    Args:
        dimension: length of the dense vectors, compared by cosine.
        document_key: store the text a second time, under ``document``.
        hnsw: the graph over the dense vectors.
        quantisation: a compressed copy of them to search in; None for none.
        on_disk: what is not held in memory.
        deployment: how a cluster of servers holds it.
        described: points may have a second dense vector of that dimension, that of a text which
            describes them.

    Raises:
        InvalidInputError: the dimension is not a positive whole number.
    """

    dimension: int
    document_key: bool = False
    hnsw: Hnsw = field(default_factory=Hnsw)
    quantisation: Quantisation | None = None
    on_disk: OnDisk = field(default_factory=OnDisk)
    deployment: Deployment = field(default_factory=Deployment)
    described: bool = False

    dense: ClassVar[str] = "dense"
    sparse: ClassVar[str] = "bm25"
    description: ClassVar[str] = "description"
    keyword_fields: ClassVar[tuple[str, ...]] = (
        f"{METADATA}.root",
        f"{METADATA}.path",
        f"{METADATA}.language",
        f"{METADATA}.kind",
        f"{METADATA}.symbol",
        f"{RECORD}.kind",
        f"{RECORD}.root",
        RECORDED_PATH,
        NAME,
        ROLE,
        FOLDERS,
    )

    def __post_init__(self) -> None:
        if type(self.dimension) is not int or self.dimension < 1:
            raise InvalidInputError(
                f"a collection of dimension {self.dimension!r}", expected="a whole number from 1"
            )

    @property
    def dense_names(self) -> tuple[str, ...]:
        """The names of the dense vectors."""
        return (self.dense, self.description) if self.described else (self.dense,)

    def stored_payload(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload as an engine is given it."""
        stored = dict(payload)
        if self.document_key and PAGE_CONTENT in stored:
            stored[DOCUMENT] = stored[PAGE_CONTENT]
        return stored

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form, kept with the collection."""
        parts: dict[str, Hnsw | Quantisation | OnDisk | Deployment | None] = {
            name: getattr(self, name) for name in _PARTS
        }
        return {
            "dimension": self.dimension,
            "document_key": self.document_key,
            **({"described": True} if self.described else {}),
            **{name: None if part is None else to_fields(part) for name, part in parts.items()},
        }

    @classmethod
    def from_payload(cls, payload: object) -> CollectionSpec:
        """The spec that ``to_payload`` wrote; parts that it did not know then are as by default.

        Raises:
            StoreCorruptError: it is not what ``to_payload`` writes.
        """
        keys = payload if isinstance(payload, Mapping) else {}
        dimension, document_key = keys.get("dimension"), keys.get("document_key")
        described = keys.get("described", False)
        try:
            if type(dimension) is int and type(document_key) is type(described) is bool:
                parts = {
                    name: from_fields(kind, keys[name])
                    for name, kind in _PARTS.items()
                    if keys.get(name) is not None
                }
                return cls(dimension, document_key, described=described, **parts)
        except InvalidInputError as error:
            raise _unread(payload) from error
        raise _unread(payload)


_PARTS: dict[str, type[Any]] = {
    "hnsw": Hnsw,
    "quantisation": Quantisation,
    "on_disk": OnDisk,
    "deployment": Deployment,
}


def _unread(payload: object) -> StoreCorruptError:
    return StoreCorruptError(
        f"the collection's spec reads {payload!r}",
        expected='{"dimension": N, "document_key": true or false}',
        remedy="delete the collection and ingest it again",
    )
