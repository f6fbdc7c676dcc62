"""The one gate before every engine: what passes here, no engine tears, loses or misreads.

Engines differ in what they do with bad input, and some of it is fatal: a sparse vector of unequal
lengths, or a payload nested too deep, leaves the embedded engine's log unreadable for good; NaN is
stored and never found again; a filter without conditions deletes everything. So every batch is
checked whole before anything of it is written, and queries are held to the same rules.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cpt_rag.errors import InvalidInputError, InvalidPointError
from cpt_rag.qdrant.filters import Where
from cpt_rag.qdrant.identity import IDENTITY_ID
from cpt_rag.types import Point, SparseVector

if TYPE_CHECKING:
    from cpt_rag.types import Float32Array

MAX_DEPTH = 32
"""Levels of nesting in a payload; the embedded engine cannot read its log back from about 60."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SCALARS = (str, bool, int, float, type(None))
_SHORTEST_SQUARED = 2.0**-23  # below this an engine leaves a vector as it is, unnormalised


def check_points(
    points: Iterable[Point], dimension: int, *, described: bool = False
) -> list[Point]:
    """The points of one batch, each once: of two with one id the later stays.

    Args:
        points: the batch.
        dimension: of their dense vectors.
        described: whether they may have the vector of a description.

    Raises:
        InvalidPointError: an id, vector or payload that no engine may be given.
    """
    checked: dict[str, Point] = {}
    for point in points:
        check_id(point.id)
        if point.id == IDENTITY_ID:
            raise InvalidPointError(
                f"a point with the id {point.id}",
                expected="any other: this one is kept for the collection's identity",
            )
        what = f"point {point.id}"
        if point.dense is not None:
            check_dense(point.dense, dimension, what)
        if point.sparse is not None:
            check_sparse(point.sparse, what)
        if point.described is not None:
            _check_described(point.described, dimension, what, expected=described)
        check_payload(point.payload, what)
        checked.pop(point.id, None)
        checked[point.id] = point
    return list(checked.values())


def check_id(identifier: object) -> None:
    """Hold an id to the canonical form of a UUID, the only one that engines return unchanged.

    Raises:
        InvalidPointError: it is anything else.
    """
    if not is_id(identifier):
        raise InvalidPointError(
            f"a point with the id {identifier!r}",
            expected="a UUID as a string, lower-case with hyphens, as str(uuid.UUID(...)) gives",
        )


def is_id(identifier: object) -> bool:
    """Whether it is a UUID in its canonical form."""
    return type(identifier) is str and _UUID.fullmatch(identifier) is not None


def check_ids(ids: Sequence[str]) -> list[str]:
    """The ids, each checked.

    Raises:
        InvalidPointError: one of them is no UUID, or one string stands for a sequence.
    """
    if isinstance(ids, str):
        raise InvalidPointError(f"ids = {ids!r}", expected="a sequence of UUIDs")
    for identifier in ids:
        check_id(identifier)
    return list(ids)


def check_dense(vector: Float32Array, dimension: int, what: str) -> None:
    """Hold a dense vector to what cosine can use: float32 (dimension,), finite, with a direction.

    Raises:
        InvalidPointError: it is anything else; ``what`` names its bearer.
    """
    import numpy as np

    expected = f"a float32 array of shape ({dimension},)"
    if not isinstance(vector, np.ndarray) or vector.dtype != np.float32:
        kind = getattr(vector, "dtype", type(vector).__name__)
        raise InvalidPointError(f"{what} has a dense vector of {kind}", expected=expected)
    if vector.shape != (dimension,):
        raise InvalidPointError(
            f"{what} has a dense vector of shape {vector.shape}", expected=expected
        )
    with np.errstate(over="ignore", invalid="ignore"):
        squared = float(np.dot(vector, vector))
    if not math.isfinite(squared):
        raise InvalidPointError(
            f"{what} has a dense vector with NaN, infinity or a number too large to square",
            expected="finite numbers, best of unit length",
        )
    if squared < _SHORTEST_SQUARED:
        raise InvalidPointError(
            f"{what} has a dense vector of length {math.sqrt(squared):g}",
            expected="a vector that is not zero, best of unit length",
        )


def _check_described(vector: Float32Array, dimension: int, what: str, *, expected: bool) -> None:
    if not expected:
        raise InvalidPointError(
            f"{what} has the vector of a description",
            expected="none: the collection was made without",
        )
    check_dense(vector, dimension, f"the description of {what}")


def check_sparse(vector: SparseVector, what: str) -> None:
    """Hold a sparse vector to one finite weight for each of its distinct term ids.

    Raises:
        InvalidPointError: it is empty, torn, repeats a term or has a weight that is no number.
    """
    import numpy as np

    found = f"{what} has a sparse vector"
    size, weights = len(vector.indices), len(vector.values)
    if size != weights:
        raise InvalidPointError(
            f"{found} of {size} indices and {weights} values", expected="one value for each index"
        )
    if size == 0:
        raise InvalidPointError(f"{found} without terms", expected="None where there are none")
    indices = np.asarray(vector.indices)
    whole = indices.dtype.kind in "iu" and indices.ndim == 1
    if not whole or int(indices.min()) < 0 or int(indices.max()) >= 2**32:
        raise InvalidPointError(
            f"{found} with an index outside 0 to 2**32 - 1, or no whole number",
            expected="unsigned 32-bit term ids",
        )
    if len(set(indices.tolist())) != size:
        raise InvalidPointError(f"{found} that repeats an index", expected="distinct term ids")
    try:
        with np.errstate(over="ignore"):
            finite = bool(np.isfinite(np.asarray(vector.values, dtype=np.float32)).all())
    except (TypeError, ValueError):
        finite = False
    if not finite:
        raise InvalidPointError(
            f"{found} with a weight that is no finite number", expected="finite 32-bit weights"
        )


def check_payload(payload: Mapping[str, Any], what: str) -> None:
    """Hold a payload to what comes back from every engine as it went in.

    Raises:
        InvalidPointError: with the dotted path of the value at fault and its type.
    """
    if not isinstance(payload, Mapping):
        raise InvalidPointError(
            f"{what} has a payload of {type(payload).__name__}", expected="dict"
        )
    pending: list[tuple[str, object, int]] = [("", dict(payload), 0)]
    while pending:
        path, value, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise InvalidPointError(
                f"{what} has a payload nested deeper than {MAX_DEPTH} levels, at {path[:80]}...",
                expected=f"at most {MAX_DEPTH} levels",
            )
        if type(value) is dict:
            for key, item in value.items():
                _check_scalar(key, f"key {key!r} of {path or 'the payload'}", what, (str,))
                pending.append((f"{path}.{key}" if path else key, item, depth + 1))
        elif type(value) is list:
            pending += [(f"{path}[{i}]", item, depth + 1) for i, item in enumerate(value)]
        else:
            _check_scalar(value, path, what, _SCALARS)


def check_positive(value: int, name: str) -> None:
    """Hold a limit to whole numbers from 1.

    Raises:
        InvalidInputError: it is anything else.
    """
    if type(value) is not int or value < 1:
        raise InvalidInputError(f"{name} = {value!r}", expected="a whole number from 1")


def check_deletion(where: Where) -> None:
    """Hold a deletion to filters that name a payload field.

    Raises:
        InvalidInputError: it names none, and would delete everything (but some ids).
    """
    if not where.must:
        raise InvalidInputError(
            f"a deletion by {where}, which names no payload field and would empty the collection",
            expected="a filter with at least one field, as Where({'metadata.path': [...]})",
            remedy="to remove a whole collection, delete it from its store",
        )


def _check_scalar(value: object, path: str, what: str, kinds: tuple[type, ...]) -> None:
    fault = ""
    if type(value) not in kinds:
        fault = f"of type {type(value).__name__}"
    elif isinstance(value, str):
        fault = "" if _is_unicode(value) else "of type str with a lone surrogate"
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        fault = "of type int, beyond 64 bits"
    elif isinstance(value, float) and not math.isfinite(value):
        fault = f"of type float, {value}"
    if fault:
        raise InvalidPointError(
            f"{what} has in its payload {path.encode(errors='replace').decode()}, {fault}",
            expected="str, bool, int of 64 bits, finite float, None, or lists and dicts of these",
        )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
