"""The gate in front of every engine, value by value."""

from __future__ import annotations

import datetime
import enum
import uuid
from typing import Any

import numpy as np
import pytest

from cpt_rag.errors import InvalidInputError, InvalidPointError
from cpt_rag.qdrant import CollectionSpec, Where
from cpt_rag.qdrant.gate import MAX_DEPTH, check_payload, check_points
from cpt_rag.qdrant.identity import IDENTITY_ID
from cpt_rag.types import Point, SparseVector

ID = str(uuid.UUID(int=5))


class Colour(str, enum.Enum):
    RED = "red"


def refused(point: Point, match: str) -> None:
    with pytest.raises(InvalidPointError, match=match):
        check_points([point], 3)


@pytest.mark.parametrize(
    "identifier",
    [7, True, "7", "", uuid.UUID(int=5), ID.replace("-", ""), f"{{{ID}}}", ID[:-1] + "A"],
)
def test_ids(identifier: Any) -> None:
    refused(Point(identifier, {}), "with the id")


def test_the_identity_id_is_kept() -> None:
    refused(Point(IDENTITY_ID, {}), "with the id")


@pytest.mark.parametrize(
    ("vector", "match"),
    [
        (np.ones(3), "dense vector of float64"),
        ([1.0, 2.0, 3.0], "dense vector of list"),
        (np.ones(4, np.float32), r"shape \(4,\)"),
        (np.ones((1, 3), np.float32), r"shape \(1, 3\)"),
        (np.array([1, np.nan, 0], np.float32), "NaN"),
        (np.array([1, np.inf, 0], np.float32), "infinity"),
        (np.array([1e30, 0, 0], np.float32), "too large"),
        (np.zeros(3, np.float32), "length 0"),
        (np.full(3, 1e-5, np.float32), "length 1.7"),
    ],
)
def test_dense_vectors(vector: Any, match: str) -> None:
    refused(Point(ID, {}, dense=vector), match)


@pytest.mark.parametrize(
    ("indices", "values", "match"),
    [
        ([1, 2], [1.0], "2 indices and 1 values"),
        ([], [], "without terms"),
        ([1, 1], [1.0, 2.0], "repeats"),
        ([-1], [1.0], "outside 0"),
        ([2**32], [1.0], "outside 0"),
        ([2**70], [1.0], "outside 0"),
        ([1.5], [1.0], "outside 0"),
        ([True], [1.0], "outside 0"),
        ([[1], [2]], [1.0, 2.0], "outside 0"),
        ([1], [float("nan")], "no finite number"),
        ([1], [1e39], "no finite number"),
        ([1], ["x"], "no finite number"),
    ],
)
def test_sparse_vectors(indices: Any, values: Any, match: str) -> None:
    refused(Point(ID, {}, sparse=SparseVector(indices, values)), match)


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        ({"a": {"b": [0, {1, 2}]}}, r"a\.b\[1\], of type set"),
        ({"when": datetime.date(2020, 1, 1)}, "when, of type date"),
        ({"a": uuid.UUID(int=1)}, "of type UUID"),
        ({"a": b"x"}, "of type bytes"),
        ({"a": (1, 2)}, "of type tuple"),
        ({"a": Colour.RED}, "of type Colour"),
        ({"a": np.float64(1)}, "of type float64"),
        ({"a": 2**63}, "beyond 64 bits"),
        ({"a": -(2**63) - 1}, "beyond 64 bits"),
        ({"a": [float("inf")]}, r"a\[0\], of type float, inf"),
        ({"a": float("nan")}, "of type float, nan"),
        ({"a": "x\ud800"}, "lone surrogate"),
        ({"a": {"\udfff": 1}}, "key .* lone surrogate"),
        ({"a": {1: 2}}, "key 1 of a, of type int"),
        ({1: 2}, "key 1 of the payload"),
        ([], "payload of list"),
    ],
)
def test_payloads(payload: Any, match: str) -> None:
    with pytest.raises(InvalidPointError, match=match) as caught:
        check_payload(payload, "point x")
    str(caught.value).encode()


def test_payloads_without_end() -> None:
    circle: dict[str, Any] = {}
    circle["again"] = [circle]
    refused(Point(ID, circle), f"deeper than {MAX_DEPTH}")


def test_what_passes() -> None:
    point = Point(
        ID,
        {"a": [1, 1.5, None, True, "é", {"b": {}}]},
        np.array([0, 0, 1], np.float32),
        SparseVector(np.array([0, 2**32 - 1], np.uint32), np.array([1, 2], np.float32)),  # type: ignore[arg-type]
    )
    assert check_points([point], 3) == [point]


@pytest.mark.parametrize("must", [{"a": []}, {"a": "go"}, {"a": [1, "b"]}, {"a": [1.5]}])
def test_filters_that_could_mean_anything(must: Any) -> None:
    with pytest.raises(InvalidInputError, match="a filter on 'a'"):
        Where(must)
    with pytest.raises(InvalidInputError, match="must_not_ids"):
        Where(must_not_ids=ID)


def test_filters_do_not_change_with_what_they_were_made_from() -> None:
    must = {"a": ["x"]}
    where = Where(must)
    must["a"].append("y")
    must["b"] = ["z"]
    assert where == Where({"a": ["x"]})
    assert not Where()
    assert where


@pytest.mark.parametrize("dimension", [0, -1, 2.0, True])
def test_dimensions(dimension: Any) -> None:
    with pytest.raises(InvalidInputError, match="of dimension"):
        CollectionSpec(dimension)
