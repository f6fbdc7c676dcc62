"""Rankings, fusion and measures on cases small enough to check by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cpt_rag.errors import EncoderError
from cpt_training.evaluation import rank
from cpt_training.evaluation.bm25 import Bm25Index
from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.rank import (
    Ranked,
    bm25_rankings,
    dense_rankings,
    fuse,
    fuse_block,
)
from cpt_training.evaluation.retrieval import measure_pairs, score
from cpt_training.evaluation.sets import RetrievalSet

WORDS = ("tree", "river", "cloud", "stone", "ember", "wheel", "paper", "glass")
DOCUMENTS = ["def parse_config(path)", "def parse_date(text)", "def parse_url(text)"]


def places(*order: int) -> Ranked:
    return Ranked(np.asarray(order), -np.arange(len(order), dtype=np.float64))


def test_bm25_ranks_the_document_that_has_the_rare_word_first() -> None:
    scores = Bm25Index(DOCUMENTS).scores(["parse the URL"])
    assert scores.shape == (1, 3)
    assert scores[0].argmax() == 2
    assert scores[0, 0] == pytest.approx(scores[0, 1], abs=0.05)


def test_bm25_finds_only_documents_that_share_a_word() -> None:
    index = Bm25Index([*DOCUMENTS, "", "import os"])
    found = bm25_rankings(index, ["date", "zebra", ""], 5)
    assert [r.documents.tolist() for r in found] == [[1], [], []]


def test_bm25_scores_a_slice_as_it_scores_all() -> None:
    index = Bm25Index(DOCUMENTS)
    whole = index.scores(["parse text", "config"])
    np.testing.assert_array_equal(index.scores(["parse text", "config"], slice(1, 3)), whole[:, 1:])


def test_dense_ranking_in_small_blocks_is_that_of_one_block(
    monkeypatch: pytest.MonkeyPatch, embedder: Embedder
) -> None:
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS, 4)) for _ in range(200)]
    monkeypatch.setattr(rank, "DEPTH", 20)
    whole = dense_rankings(embedder, texts[:10], texts)
    monkeypatch.setattr(rank, "_CELLS", 70)
    for one, other in zip(whole, dense_rankings(embedder, texts[:10], texts), strict=True):
        assert len(one.documents) == 20
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-6)


def test_a_blank_query_finds_nothing_and_a_blank_document_is_not_found(embedder: Embedder) -> None:
    found = dense_rankings(embedder, ["tree", " "], ["tree", "", "river"])
    assert [r.documents.tolist() for r in found] == [[0, 2], []]


def test_fusion_adds_reciprocal_ranks() -> None:
    fused = fuse(places(4, 7), places(7, 9))
    assert fused.documents.tolist() == [7, 4, 9]
    np.testing.assert_allclose(fused.scores, [1 / 62 + 1 / 61, 1 / 61, 1 / 62])


def test_in_a_fused_block_tied_documents_share_the_lowest_place() -> None:
    one = np.asarray([[3, 2, 2]], dtype=np.float32)
    other = np.asarray([[0, 0, 0]], dtype=np.float32)
    np.testing.assert_allclose(fuse_block(one, other)[0] - 1 / 63, [1 / 61, 1 / 63, 1 / 63])


def test_measures_are_those_of_the_book() -> None:
    names = [f"d{i}" for i in range(20)]
    grades = {"a": {"d0": 1, "d1": 1}, "b": {"d11": 1}, "c": {"d1": 1}}
    data = RetrievalSet("x", list("abc"), list("abc"), names, names, grades)
    found = score(data, [places(5, 0, 1), places(*range(20)), places()])
    ideal = 1 + 1 / np.log2(3)
    ndcg = (1 / np.log2(3) + 1 / np.log2(4)) / ideal
    assert found["nDCG@10"].value == pytest.approx(ndcg / 3)
    assert found["MRR@10"].value == pytest.approx(0.5 / 3)  # rank 12 is past the cut
    assert found["recall@100"].value == pytest.approx(2 / 3)


def test_pairs_are_ranked_in_pools_of_a_thousand(embedder: Embedder) -> None:
    # Document 1,001 is also the first query's words: another pool, so it does not count.
    texts = [f"w{i}" for i in range(1005)]
    documents = list(texts)
    documents[1001] = "w0 w1001"
    index = Bm25Index(documents)
    figures = measure_pairs("x", texts, documents, index, [embedder])
    assert [f.system for f in figures] == ["BM25", "hashing", "BM25 + hashing"]
    assert figures[0].estimate.units == 1005
    assert figures[0].estimate.value > 0.99


def test_each_text_is_embedded_once(encoder: Any) -> None:
    embedder = Embedder("x", encoder)
    dense_rankings(embedder, ["tree"], ["river", "river", "cloud"])
    dense_rankings(embedder, ["tree"], ["cloud", "stone"])
    embedder.sentences(["stone"])
    assert sorted(encoder.seen) == ["cloud", "river", "stone", "tree"]
    assert embedder.encoded_documents == 3


def test_remembered_vectors_are_bounded(encoder: Any) -> None:
    embedder = Embedder("x", encoder, kept_bytes=2 * 4 * encoder.dimension)
    embedder.documents(["a", "b", "c"])
    embedder.documents(["b", "c"])
    assert encoder.seen == ["a", "b", "c"]
    embedder.documents(["a"])
    assert encoder.seen == ["a", "b", "c", "a"]


def test_a_model_of_another_dimension_than_it_states_is_refused(misshapen: Embedder) -> None:
    with pytest.raises(EncoderError, match=r"shape \(1, 32\)"):
        misshapen.documents(["a"])
