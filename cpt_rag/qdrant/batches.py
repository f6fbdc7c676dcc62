"""Batches bounded by bytes: a server refuses requests past 32 MiB."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TypeVar

from cpt_rag.types import Point

BATCH_BYTES = 8 * 2**20

T = TypeVar("T")


def by_bytes(points: Iterable[Point], limit: int = BATCH_BYTES) -> Iterator[list[Point]]:
    """Runs of points whose estimated sizes stay under ``limit``; a larger point goes alone."""
    batch: list[Point] = []
    total = 0
    for point in points:
        size = estimate(point)
        if batch and total + size > limit:
            yield batch
            batch, total = [], 0
        batch.append(point)
        total += size
    if batch:
        yield batch


def by_count(items: list[T], size: int) -> Iterator[list[T]]:
    """Runs of at most ``size`` items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def estimate(point: Point) -> int:
    """Bytes of a point as JSON, from above: a float32 takes up to 24 characters, a term 36."""
    size = 128 + len(json.dumps(dict(point.payload)))
    for vector in (point.dense, point.described):
        size += 0 if vector is None else 24 * int(vector.size)
    if point.sparse is not None:
        size += 36 * len(point.sparse.indices)
    return size
