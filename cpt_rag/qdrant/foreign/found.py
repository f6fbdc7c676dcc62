"""What a look at another program's collection tells: its vectors, its layout, and who made them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cpt_rag.errors import CollectionError
from cpt_rag.qdrant.foreign.layout import Layout, read_layout
from cpt_rag.qdrant.remote import Remote

if TYPE_CHECKING:
    from cpt_rag.types import Encoder, Float32Array

SAME = 0.98
"""Median cosine from which on stored vectors are an encoder's own: rounding and quantisation."""

_SAMPLE = 64
_EMBEDDED = 8

# Scores of other distances as cosines of unit vectors are, or at least the higher the better.
_AS_COSINE: Mapping[str, Callable[[float], float]] = {
    "Cosine": lambda score: score,
    "Dot": lambda score: score,
    "Euclid": lambda score: 1 - score * score / 2,
    "Manhattan": lambda score: -score,
}


@dataclass(frozen=True, slots=True)
class Space:
    """The dense vectors of one name: "" where they have none."""

    name: str
    dimension: int
    distance: str

    def score(self, score: float) -> float:
        """A score that is higher for nearer points."""
        return _AS_COSINE[self.distance](score)

    def vector(self, record: Any) -> Float32Array | None:
        """The vector of a record, float32 (dimension,)."""
        import numpy as np

        held = record.vector
        if isinstance(held, Mapping):
            held = held.get(self.name)
        return None if held is None else np.asarray(held, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A collection that another program wrote.

    Args:
        name: the collection.
        remote: the client, which belongs to the store.
        layout: how to read its payloads.
        spaces: its dense vectors, one for each point and name.
        sample: ids of a few points that have a text.
    """

    name: str
    remote: Remote
    layout: Layout
    spaces: tuple[Space, ...]
    sample: tuple[Any, ...]

    @property
    def points(self) -> int:
        """How many points it holds."""
        return self.remote.call(lambda client: client.count(self.name, exact=True)).count

    def nearest(self, encoder: Encoder) -> tuple[Space | None, float]:
        """The vectors most like those that ``encoder`` makes of the same texts, and how like.

        Returns:
            The vectors, None where none are of its dimension, and the median cosine.
        """
        spaces = [space for space in self.spaces if space.dimension == encoder.dimension]
        if not spaces:
            return None, 0.0
        records = self.remote.call(
            lambda client: client.retrieve(
                self.name, list(self.sample), with_payload=True, with_vectors=True
            )
        )
        texts = [str(self.layout.embedded_text(record.payload or {})) for record in records]
        made = encoder.encode_document(texts)
        cosines = [_median_cosine([space.vector(r) for r in records], made) for space in spaces]
        best = max(range(len(spaces)), key=lambda place: cosines[place])
        return spaces[best], cosines[best]


def look(name: str, remote: Remote, info: Any) -> Foreign:
    """What the collection ``name`` turns out to be.

    Args:
        name: the collection.
        remote: where it is.
        info: what the server says of it.

    Raises:
        CollectionError: it holds no points, or no field of theirs is plainly the text.
    """
    records, _ = remote.call(
        lambda client: client.scroll(name, limit=_SAMPLE, with_payload=True, with_vectors=False)
    )
    if not records:
        raise CollectionError(
            f"collection {name!r} at {remote.place} was not written by cpt-rag, and is empty",
            expected="points with texts",
            remedy=f"choose another name: cpt-rag ingest PATH --collection {name}-cpt",
        )
    layout = read_layout(name, [record.payload or {} for record in records])
    with_text = [record.id for record in records if layout.payload(record.payload or {})]
    return Foreign(name, remote, layout, _spaces(info), tuple(with_text[:_EMBEDDED]))


def _spaces(info: Any) -> tuple[Space, ...]:
    """Those with one vector for a point; late interaction has many."""
    vectors = info.config.params.vectors or {}
    named = vectors if isinstance(vectors, Mapping) else {"": vectors}
    return tuple(
        Space(name, int(held.size), str(held.distance.value))
        for name, held in named.items()
        if held.multivector_config is None
    )


def _median_cosine(stored: list[Float32Array | None], made: Float32Array) -> float:
    import numpy as np

    cosines = [
        float(vector @ own) / float(np.linalg.norm(vector) or 1.0)
        for vector, own in zip(stored, made, strict=True)
        if vector is not None
    ]
    return float(np.median(cosines)) if cosines else 0.0
