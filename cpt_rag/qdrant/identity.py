"""What made a collection, kept inside it, and the check that refuses anything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cpt_rag.errors import IdentityMismatchError, StoreCorruptError
from cpt_rag.qdrant.remedy import migrate_to
from cpt_rag.qdrant.spec import RECORD, CollectionSpec
from cpt_rag.types import Fingerprint

IDENTITY_ID = "6dbd70a6-365d-54c0-895b-53eba98fa429"
"""Id of the point that carries the identity where an engine has no metadata; never a chunk's."""

IDENTITY_KIND = "identity"

NEAR = 0.99
"""Cosine from which on two vectors of one text come from one encoder."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What decides the points of a collection.

    Args:
        encoder: fingerprint of the encoder behind the dense vectors.
        chunker: name and version of the chunking rules.
        sparse: name and parameters of the sparse vectors.
        schema: version of the payload's layout.
    """

    encoder: Fingerprint
    chunker: str
    sparse: str
    schema: int

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form."""
        encoder = self.encoder
        return {
            "encoder": {
                "name": encoder.name,
                "weights": encoder.weights,
                "tokenizer": encoder.tokenizer,
                "dimension": encoder.dimension,
                "pooling": encoder.pooling,
                "prompts": dict(encoder.prompts),
                **({"probe": list(encoder.probe)} if encoder.probe else {}),
            },
            "chunker": self.chunker,
            "sparse": self.sparse,
            "schema": self.schema,
        }

    @classmethod
    def from_payload(cls, payload: object) -> Identity:
        """The identity that ``to_payload`` wrote; keys of later versions are passed over.

        Raises:
            StoreCorruptError: a field is missing or of another type.
        """
        encoder = _field(payload, "encoder", Mapping)
        return cls(
            encoder=Fingerprint(
                name=_field(encoder, "name", str),
                weights=_field(encoder, "weights", str),
                tokenizer=_field(encoder, "tokenizer", str),
                dimension=_field(encoder, "dimension", int),
                pooling=_field(encoder, "pooling", str),
                prompts=dict(_field(encoder, "prompts", Mapping)),
                probe=tuple(_field(encoder, "probe", list)) if "probe" in encoder else (),
            ),
            chunker=_field(payload, "chunker", str),
            sparse=_field(payload, "sparse", str),
            schema=_field(payload, "schema", int),
        )


def check(found: Identity, expected: Identity, collection: str) -> None:
    """Hold the identity ``found`` in a collection to the ``expected`` one.

    An encoder's name decides no vector, so that a renamed folder is no mismatch. Probes are held
    to be near each other.

    Raises:
        IdentityMismatchError: they differ; it names the first differing field as a dotted path.
    """
    for (field, was), (_, wanted) in zip(_decisive(found), _decisive(expected), strict=True):
        if not _same(was, wanted):
            raise IdentityMismatchError(
                f"collection {collection!r} was made with {field} = {_shown(was)}",
                expected=f"{field} = {_shown(wanted)}",
                remedy=_remedy(field, found, expected, collection),
            )


def to_record(identity: Identity, spec: CollectionSpec, copy_of: str = "") -> dict[str, Any]:
    """What a collection stores about itself: a point's payload, or a server's metadata.

    ``copy_of`` says of an unfinished copy what it is to become.
    """
    return {
        RECORD: {
            "kind": IDENTITY_KIND,
            "identity": identity.to_payload(),
            "spec": spec.to_payload(),
            **({"copy_of": copy_of} if copy_of else {}),
        }
    }


def from_record(record: Mapping[str, Any]) -> tuple[Identity, CollectionSpec]:
    """What ``to_record`` stored.

    Raises:
        StoreCorruptError: it is not what ``to_record`` writes.
    """
    note = _field(record, RECORD, Mapping)
    spec = CollectionSpec.from_payload(_field(note, "spec", Mapping))
    return Identity.from_payload(_field(note, "identity", Mapping)), spec


def copied_from(record: Mapping[str, Any]) -> str:
    """What the collection is an unfinished copy of; empty for a whole one.

    Raises:
        StoreCorruptError: the record is not what ``to_record`` writes.
    """
    note = _field(record, RECORD, Mapping)
    return str(_field(note, "copy_of", str)) if "copy_of" in note else ""


def _decisive(identity: Identity) -> Iterator[tuple[str, object]]:
    encoder = identity.encoder
    yield "encoder.weights", encoder.weights
    yield "encoder.tokenizer", encoder.tokenizer
    yield "encoder.dimension", encoder.dimension
    yield "encoder.pooling", encoder.pooling
    yield "encoder.prompts", dict(encoder.prompts)
    yield "encoder.probe", encoder.probe
    yield "chunker", identity.chunker
    yield "sparse", identity.sparse
    yield "schema", identity.schema


def _same(was: object, wanted: object) -> bool:
    """Equal, or for probes near: a service's answers differ in their last digits."""
    if isinstance(was, tuple) and isinstance(wanted, tuple) and len(was) == len(wanted) > 0:
        return bool(sum(a * b for a, b in zip(was, wanted, strict=True)) >= NEAR)
    return was == wanted


def _shown(value: object) -> str:
    if isinstance(value, tuple) and value:
        return f"[{', '.join(f'{x:.3f}' for x in value[:3])}, ...]"
    return repr(value)


def _remedy(field: str, found: Identity, expected: Identity, collection: str) -> str:
    name = found.encoder.name
    migrate = migrate_to(collection, expected.encoder.name)
    if field.startswith("encoder.") and name == expected.encoder.name:
        return f"the encoder {name} has changed since; migrate the collection to it: {migrate}"
    if field.startswith("encoder."):
        return f"search or ingest with --encoder {name}, which made it, or migrate it: {migrate}"
    return f"migrate it to this version: {migrate}"


def _field(payload: object, key: str, kind: type[Any]) -> Any:
    value = payload.get(key) if isinstance(payload, Mapping) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise StoreCorruptError(
            f"the collection's identity has {key} = {value!r}",
            expected=f"{key} of type {kind.__name__}",
            remedy="delete the collection and ingest it again",
        )
    return value
