"""Whether points are those that were written, told without keeping them twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cpt_rag.types import Point


def digest_points(points: Sequence[Point]) -> str:
    """Digest of ids and vectors, bit for bit and in any order: 16 hexadecimal digits.

    Engines keep vectors of unit length as they are given.
    """
    import numpy as np

    digest = hashlib.sha256()
    for point in sorted(points, key=lambda point: point.id):
        digest.update(point.id.encode())
        if point.dense is not None:
            digest.update(point.dense.astype(np.float32, copy=False).tobytes())
        if point.sparse is not None:
            digest.update(np.asarray(point.sparse.indices, np.uint32).tobytes())
            digest.update(np.asarray(point.sparse.values, np.float32).tobytes())
    return digest.hexdigest()[:16]
