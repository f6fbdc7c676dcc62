"""Which rows meet in a batch: one kind of task, by its share, each row once in an epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

import numpy as np

from cpt_training.data.examples import ByKind
from cpt_training.data.tokens import Rows

MIXED = "mixed"
"""The languages of a kind that are too few for a batch of their own."""


def batches(
    examples: ByKind,
    shares: Mapping[str, float],
    size: int,
    seed: int,
    *,
    one_language: bool,
    together: int = 1,
    skip: int = 0,
) -> Iterator[tuple[str, Rows]]:
    """A kind and the numbers of its rows, int64 (size,), one batch after another, without end.

    A kind is drawn by its share and, with ``one_language``, a language of it by its number of rows.
    A kind with fewer rows than ``size`` gives a batch of all its rows. ``together`` neighbouring
    rows stay in one batch: a corpus lies in the order of packages, so these are each other's hard
    negatives. ``skip`` batches are passed over: the same seed then goes on where an earlier run
    stopped.
    """
    random = np.random.default_rng(seed)
    pools = _pools(examples, shares, size, one_language=one_language)
    names = sorted(pools)
    weights = np.array([_weight(name, pools, shares) for name in names])
    draws = {name: _epochs(pools[name], size, together, random) for name in names}
    drawn = (
        (names[choice][0], next(draws[names[choice]]))
        for choice in _choices(random, weights / weights.sum())
    )
    return islice(drawn, skip, None)


def _pools(
    examples: ByKind, shares: Mapping[str, float], size: int, *, one_language: bool
) -> dict[tuple[str, str], Rows]:
    pools: dict[tuple[str, str], list[Rows]] = {}
    for kind in sorted(shares):
        for language, rows in sorted(examples[kind].languages.items()):
            alone = one_language and len(rows) >= size
            pools.setdefault((kind, language if alone else MIXED), []).append(rows)
    return {name: np.concatenate(parts) for name, parts in pools.items()}


def _weight(
    name: tuple[str, str], pools: Mapping[tuple[str, str], Rows], shares: Mapping[str, float]
) -> float:
    kind = name[0]
    whole = sum(len(rows) for (other, _), rows in pools.items() if other == kind)
    return shares[kind] * len(pools[name]) / whole


def _choices(random: np.random.Generator, weights: np.ndarray) -> Iterator[int]:
    while True:
        yield int(random.choice(len(weights), p=weights))


def _epochs(rows: Rows, size: int, together: int, random: np.random.Generator) -> Iterator[Rows]:
    together = min(together, len(rows))
    while True:
        blocks = len(rows) // together
        # Rolled, so that every epoch cuts the blocks elsewhere.
        rolled = np.roll(rows, random.integers(len(rows)))[: blocks * together]
        order = random.permutation(rolled.reshape(blocks, together)).ravel()
        # The last rows of an epoch that fill no batch wait for another epoch's shuffle.
        for start in range(0, max(len(order) - size, 0) + 1, size):
            yield order[start : start + size]
