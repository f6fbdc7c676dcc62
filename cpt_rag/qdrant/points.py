"""When two points are the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cpt_rag.types import Point, SparseVector

if TYPE_CHECKING:
    from cpt_rag.types import Float32Array

TOLERANCE = 1e-6
"""Unit vectors' numbers may differ by it: engines round in the last digit, each in its own way."""


def same_point(one: Point, other: Point) -> bool:
    """Whether id, payload and vectors are equal, numbers of vectors to `TOLERANCE`."""
    return (
        one.id == other.id
        and _spelled(one) == _spelled(other)
        and _same_dense(one.dense, other.dense)
        and _same_sparse(one.sparse, other.sparse)
        and _same_dense(one.described, other.described)
    )


def _spelled(point: Point) -> str:
    """The payload as text: in Python ``1 == 1.0 == True``, in JSON they are three values."""
    return json.dumps(dict(point.payload), sort_keys=True)


def _same_dense(one: Float32Array | None, other: Float32Array | None) -> bool:
    import numpy as np

    if one is None or other is None:
        return one is other
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=0, atol=TOLERANCE))


def _same_sparse(one: SparseVector | None, other: SparseVector | None) -> bool:
    import numpy as np

    if one is None or other is None:
        return one is other
    ours = dict(zip(one.indices, one.values, strict=True))
    theirs = dict(zip(other.indices, other.values, strict=True))
    return ours.keys() == theirs.keys() and bool(
        np.allclose([*ours.values()], [theirs[i] for i in ours], rtol=TOLERANCE, atol=TOLERANCE)
    )
