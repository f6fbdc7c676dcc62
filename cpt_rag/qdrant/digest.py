"""Whether points are those that were written, told without keeping them twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from cpt_rag.qdrant.spec import DOCUMENT
from cpt_rag.types import Point

_MODULUS = 1 << 64


def digest_point(point: Point) -> int:
    """Digest of a point's id, payload and vectors, bit for bit: 64 bits.

    Engines keep vectors of unit length as they are given. The second copy of the text, which a
    collection's spec may add, has no part in it.
    """
    import numpy as np

    payload = {key: value for key, value in point.payload.items() if key != DOCUMENT}
    digest = hashlib.blake2b(point.id.encode(), digest_size=8)
    digest.update(json.dumps(payload, sort_keys=True).encode())
    if point.dense is not None:
        digest.update(point.dense.astype(np.float32, copy=False).tobytes())
    if point.sparse is not None:
        indices = np.asarray(point.sparse.indices, np.uint32)
        order = np.argsort(indices)
        digest.update(indices[order].tobytes())
        digest.update(np.asarray(point.sparse.values, np.float32)[order].tobytes())
    if point.described is not None:
        digest.update(b"described")
        digest.update(point.described.astype(np.float32, copy=False).tobytes())
    return int.from_bytes(digest.digest(), "big")


def digest_points(points: Iterable[Point]) -> str:
    """Digest of several points, in any order: 16 hexadecimal digits."""
    return join_digests(map(digest_point, points))


def join_digests(digests: Iterable[int]) -> str:
    """The digest of points of which these are the digests."""
    return f"{sum(digests) % _MODULUS:016x}"
