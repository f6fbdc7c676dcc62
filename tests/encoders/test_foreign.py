"""Somebody else's embeddings as an encoder, and what a collection remembers of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cpt_rag
from cpt_rag import EncoderError, ForeignEncoder, IdentityMismatchError, InvalidInputError
from cpt_rag.types import PROBE


def lengths(texts: Sequence[str]) -> list[list[float]]:
    return [[float(len(text)), 1.0, 2.0] for text in texts]


def shouted(texts: Sequence[str]) -> list[list[float]]:
    return [[1.0, float(len(text)), 2.0] for text in texts]


def test_rows_are_of_unit_length_in_either_role() -> None:
    encoder = ForeignEncoder("svc/model", lengths, shouted)
    assert encoder.dimension == 3
    documents, queries = encoder.encode_document(["ab", "abcd"]), encoder.encode_query(["ab"])
    np.testing.assert_allclose(np.linalg.norm(documents, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(queries[0], np.array([1, 2, 2]) / 3, rtol=1e-6)
    assert documents.dtype == queries.dtype == np.float32
    assert encoder.encode_document([]).shape == (0, 3)


def test_its_fingerprint_is_its_name_and_one_vector() -> None:
    found = ForeignEncoder("svc/model", lengths).fingerprint
    assert (found.name, found.weights, found.dimension) == ("svc/model", "svc/model", 3)
    expected = np.array([len(PROBE), 1, 2]) / np.linalg.norm([len(PROBE), 1, 2])
    np.testing.assert_allclose(found.probe, expected, atol=1e-6)


def test_a_collection_takes_the_same_service_again_though_its_digits_differ(tmp_path: Path) -> None:
    def wobbling(texts: Sequence[str]) -> list[list[float]]:
        return [[x * 1.001, y, z] for x, y, z in lengths(texts)]

    made = ForeignEncoder("svc/model", lengths)
    cpt_rag.open_collection("docs", tmp_path, encoder=made, create=True).close()
    again = ForeignEncoder("svc/model", wobbling)
    cpt_rag.open_collection("docs", tmp_path, encoder=again).close()


@pytest.mark.parametrize(
    ("other", "field"),
    [
        (ForeignEncoder("svc/other", lengths), "encoder.weights"),
        (ForeignEncoder("svc/model", shouted), "encoder.probe"),
        (ForeignEncoder("svc/model", lambda texts: [[1.0, 2.0]] * len(texts)), "dimension"),
    ],
)
def test_another_encoder_is_refused_by_field(
    tmp_path: Path, other: ForeignEncoder, field: str
) -> None:
    made = ForeignEncoder("svc/model", lengths)
    cpt_rag.open_collection("docs", tmp_path, encoder=made, create=True).close()
    with pytest.raises(IdentityMismatchError, match=field):
        cpt_rag.open_collection("docs", tmp_path, encoder=other)


@pytest.mark.parametrize(
    ("vectors", "found"),
    [
        ([[1.0, 2.0]], r"shape \(1, 2\) for 2 texts"),
        ([[1.0, 2.0], [1.0]], "unequal lengths"),
        ([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]], "zero"),
        ([[1.0, 2.0, 3.0], [float("nan"), 0.0, 0.0]], "no finite length"),
        ([["a", 1.0], ["b", 2.0]], "no numbers"),
        (None, r"shape \(\)"),
    ],
)
def test_what_is_no_vectors_is_refused(vectors: Any, found: str) -> None:
    encoder = ForeignEncoder(
        "svc",
        lambda texts: [[1.0, 2.0, 3.0]] if texts == [PROBE] else vectors,
    )
    with pytest.raises(EncoderError, match=found):
        encoder.encode_document(["a", "b"])


def test_blank_texts_never_reach_it() -> None:
    with pytest.raises(InvalidInputError, match="Text 2 of 2 is empty"):
        ForeignEncoder("svc", lengths).encode_document(["a", "\n"])


def test_its_collection_is_searched_through_it(tmp_path: Path) -> None:
    encoder = ForeignEncoder("svc/model", lengths)
    with cpt_rag.open_collection("docs", tmp_path, encoder=encoder, create=True) as docs:
        cpt_rag.Documents(docs).add(["short", "rather a long text"])
        (hit,) = cpt_rag.search("tiny", collection=docs, limit=1)
        assert hit.text == "short"
    with pytest.raises(IdentityMismatchError, match="not on this machine"):
        cpt_rag.open_collection("docs", tmp_path)
