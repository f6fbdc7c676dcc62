"""Where a static encoder's rows start."""

from __future__ import annotations

import numpy as np

from cpt_training.models.token_vectors import (
    inverse_frequency,
    pretrained_words,
    principal_components,
)


def test_all_components_keep_every_distance() -> None:
    vectors = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
    rows = principal_components(vectors, 6)
    before = np.linalg.norm(vectors[:, None] - vectors, axis=2)
    np.testing.assert_allclose(np.linalg.norm(rows[:, None] - rows, axis=2), before, atol=1e-4)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)


def test_the_first_components_hold_most_of_the_variance_in_falling_order() -> None:
    random = np.random.default_rng(1)
    scales = np.array([0.1, 5, 1, 3, 0.5, 2])
    vectors = (random.normal(size=(500, 6)) * scales).astype(np.float32)
    variances = principal_components(vectors, 4).var(axis=0)
    assert (np.diff(variances) < 0).all()
    np.testing.assert_allclose(np.sqrt(variances), [5, 3, 2, 1], rtol=0.15)


def test_an_axis_always_points_the_same_way() -> None:
    # Both ways are right; a library of linear algebra takes the one or the other.
    random = np.random.default_rng(2)
    vectors = random.normal(size=(30, 8)).astype(np.float32)
    rows = principal_components(vectors, 3)
    for _ in range(10):
        reordered = vectors[:, random.permutation(8)]
        np.testing.assert_allclose(principal_components(reordered, 3), rows, atol=1e-4)


def test_frequent_tokens_weigh_less() -> None:
    weights = inverse_frequency(np.array([0, 9, 90]))
    assert weights.dtype == np.float32
    # 1, 10 and 91 of 102: each token is counted once more than it was seen.
    expected = [1e-3 / (1e-3 + count / 102) for count in (1, 10, 91)]
    np.testing.assert_allclose(weights, expected, rtol=1e-6)


def test_the_pretrained_words_are_whole_words_in_the_order_of_their_ids() -> None:
    words = pretrained_words()
    assert words[:5] == ["the", "of", "and", "in", "to"]
    assert len(words) == len({*words}) > 20_000
    assert all(word.isascii() and word.isalpha() and len(word) > 1 for word in words)
