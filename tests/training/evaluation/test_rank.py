"""Rankings, fusion and measures on cases small enough to check by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cpt_rag.errors import EncoderError
from cpt_training.evaluation import bm25, rank
from cpt_training.evaluation.bm25 import Bm25Index
from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.pair_ranks import (
    PairScores,
    PairSet,
    measure_candidates,
    measure_protocol,
)
from cpt_training.evaluation.rank import (
    Ranked,
    bm25_rankings,
    dense_rankings,
    fuse,
    fuse_block,
)
from cpt_training.evaluation.retrieval import score
from cpt_training.evaluation.sets import RetrievalSet

WORDS = ("tree", "river", "cloud", "stone", "ember", "wheel", "paper", "glass")
DOCUMENTS = ["def parse_config(path)", "def parse_date(text)", "def parse_url(text)"]


def places(*order: int) -> Ranked:
    return Ranked(np.asarray(order), -np.arange(len(order), dtype=np.float64))


EVERY = slice(0, None)


def test_bm25_ranks_the_document_that_has_the_rare_word_first() -> None:
    scores = Bm25Index(DOCUMENTS, ["parse the URL"]).scores(EVERY, EVERY)
    assert scores.shape == (1, 3)
    assert scores[0].argmax() == 2
    assert scores[0, 0] == pytest.approx(scores[0, 1], abs=0.05)


def test_bm25_finds_only_documents_that_share_a_word() -> None:
    index = Bm25Index([*DOCUMENTS, "", "import os"], ["date", "zebra", ""])
    assert [r.documents.tolist() for r in bm25_rankings(index)] == [[1], [], []]


def test_bm25_without_any_document_or_any_word_finds_nothing() -> None:
    assert bm25_rankings(Bm25Index([], ["date"]))[0].documents.tolist() == []
    assert bm25_rankings(Bm25Index(["", "?"], ["", "date"]))[1].documents.tolist() == []


def test_bm25_scores_a_block_as_it_scores_all() -> None:
    index = Bm25Index(DOCUMENTS, ["parse text", "config"])
    whole = index.scores(EVERY, EVERY)
    np.testing.assert_array_equal(index.scores(slice(1, 2), slice(1, 3)), whole[1:, 1:])


def test_bm25_is_the_formula_with_the_collections_own_mean_length() -> None:
    # Robertson and Zaragoza 2009, equation 3.15; lengths 1, 3 and 2, so the mean is 2.
    index = Bm25Index(["tree", "tree tree cloud", "stone river"], ["tree"])
    idf = np.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    short = 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 1 / 2))
    long = 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2))
    np.testing.assert_allclose(
        index.scores(EVERY, EVERY), [[idf * short, idf * long, 0]], rtol=1e-6
    )


def test_bm25_counted_in_small_blocks_is_that_of_one_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS, random.integers(1, 9))) for _ in range(50)]
    whole = Bm25Index(texts, texts[:5]).scores(EVERY, EVERY)
    monkeypatch.setattr(bm25, "_COUNTED_TOGETHER", 7)
    np.testing.assert_allclose(Bm25Index(texts, texts[:5]).scores(EVERY, EVERY), whole, rtol=1e-6)


def test_dense_ranking_in_small_blocks_is_that_of_one_block(
    monkeypatch: pytest.MonkeyPatch, embedder: Embedder
) -> None:
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS, 4)) for _ in range(200)]
    monkeypatch.setattr(rank, "DEPTH", 20)
    whole = dense_rankings(embedder, texts[:10], texts)
    monkeypatch.setattr(rank, "_CELLS", 70)
    monkeypatch.setattr(rank, "_READ_TOGETHER", 30)
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


def scored(queries: list[str], documents: list[str], embedder: Embedder) -> PairScores:
    return PairScores(PairSet("x", queries, documents), Bm25Index(documents, queries), [embedder])


def test_pairs_are_ranked_in_pools_of_a_thousand(embedder: Embedder) -> None:
    # Document 1,001 is also the first query's words: another pool, so it does not count.
    texts = [f"w{i}" for i in range(1005)]
    documents = list(texts)
    documents[1001] = "w0 w1001"
    figures = measure_protocol(scored(texts, documents, embedder))
    assert [f.system for f in figures] == ["BM25", "hashing", "BM25 + hashing"]
    assert figures[0].estimate.units == 1005
    assert figures[0].estimate.value > 0.99


def test_every_system_is_compared_with_the_first_model_on_the_same_queries(
    embedder: Embedder,
) -> None:
    texts = [f"w{i}" for i in range(30)]
    lexical, model, fused = measure_protocol(scored(texts, texts, embedder))
    assert model.difference is None
    for figure in (lexical, fused):
        assert figure.difference is not None
        gap = figure.estimate.value - model.estimate.value
        assert figure.difference.value == pytest.approx(gap)
        assert figure.difference.low <= gap <= figure.difference.high


def test_more_candidates_make_it_harder(embedder: Embedder) -> None:
    random = np.random.default_rng(0)
    documents = [" ".join(random.choice(WORDS, 5)) for _ in range(150)]
    queries = [" ".join(text.split()[:2]) for text in documents]
    figures = measure_candidates(scored(queries, documents, embedder))
    assert [f.measure for f in figures] == ["MRR among 10"] * 3 + ["MRR among 100"] * 3
    for few, many in zip(figures[:3], figures[3:], strict=True):
        assert few.system == many.system
        assert few.estimate.units == many.estimate.units == 150
        assert few.estimate.value > many.estimate.value


def test_a_pool_in_small_blocks_is_ranked_as_one(
    monkeypatch: pytest.MonkeyPatch, embedder: Embedder
) -> None:
    random = np.random.default_rng(0)
    documents = [" ".join(random.choice(WORDS, 5)) for _ in range(25)]
    scores = scored(documents, documents, embedder)
    whole = scores.mean_reciprocal_ranks(10)
    monkeypatch.setattr(rank, "_CELLS", 33)
    parts = scores.mean_reciprocal_ranks(10)
    assert {n: e.value for n, e in parts.items()} == {n: e.value for n, e in whole.items()}


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
