"""Specs for collections of three sizes; ``docs/scale.md`` has the arithmetic behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cpt_rag.errors import InvalidInputError
from cpt_rag.qdrant.scale import Deployment, Hnsw, OnDisk, Quantisation
from cpt_rag.qdrant.spec import CollectionSpec


def _ten_thousand(dimension: int) -> CollectionSpec:
    """A project or two: everything in memory and exact."""
    return CollectionSpec(dimension)


def _one_million(dimension: int) -> CollectionSpec:
    """One server: searched in bytes that lie in memory, scored with floats from the disk."""
    return CollectionSpec(
        dimension,
        hnsw=Hnsw(m=16, ef_construct=128, search_ef=128),
        quantisation=Quantisation("scalar", oversampling=2.0),
        on_disk=OnDisk(vectors=True),
    )


def _hundred_million(dimension: int) -> CollectionSpec:
    """A cluster: a shard for each of up to 12 nodes, twice; only graph and bytes in memory."""
    return CollectionSpec(
        dimension,
        hnsw=Hnsw(m=16, ef_construct=200, search_ef=256),
        quantisation=Quantisation("scalar", oversampling=2.0),
        on_disk=OnDisk(vectors=True, indexes=True),
        deployment=Deployment(shards=12, replicas=2),
    )


PRESETS: Mapping[str, Callable[[int], CollectionSpec]] = {
    "10k": _ten_thousand,
    "1m": _one_million,
    "100m": _hundred_million,
}
"""By the chunks a collection is to hold, its spec for vectors of a dimension."""


def preset_spec(preset: str, dimension: int) -> CollectionSpec:
    """The spec of the preset of that name.

    Raises:
        InvalidInputError: there is none of that name.
    """
    if preset not in PRESETS:
        raise InvalidInputError(f"the preset {preset!r}", expected=f"one of {', '.join(PRESETS)}")
    return PRESETS[preset](dimension)
