"""Gradients by mini-batches are those of one large batch."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from cpt_training.loop.gradient_cache import Side, backward
from cpt_training.loop.losses import Batch, symmetric_info_nce

N, WIDTH = 7, 5
Features = dict[str, torch.Tensor]
Gradients = dict[str, torch.Tensor]


class Dropout(nn.Module):
    """Dropout that remembers what it drew, or drops what it is told to."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.drawn: list[torch.Tensor] = []
        self.told: list[torch.Tensor] = []

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        mask = self.told.pop(0) if self.told else torch.rand_like(rows) >= self.share
        self.drawn.append(mask)
        return rows * mask / (1 - self.share)


class Model(nn.Module):
    """Two layers with dropout between them, and a trained temperature."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(WIDTH, 16), nn.Linear(16, WIDTH)
        self.dropout = Dropout(dropout)
        self.log_scale = nn.Parameter(torch.tensor(2.0))
        self.read: list[int] = []

    def embed(self, features: Features) -> torch.Tensor:
        self.read.append(len(features["rows"]))
        hidden = self.dropout(torch.tanh(self.first(features["rows"])))
        return functional.normalize(self.second(hidden), dim=-1)

    def loss(self, batch: Batch, rows: slice) -> torch.Tensor:
        return symmetric_info_nce(batch, self.log_scale, rows)

    def gradients(self) -> Gradients:
        return {n: p.grad.clone() for n, p in self.named_parameters() if p.grad is not None}


def texts(count: int, seed: int) -> torch.Tensor:
    return torch.randn(count, WIDTH, generator=torch.Generator().manual_seed(seed))


QUERIES, DOCUMENTS, NEGATIVES = texts(N, 1), texts(N, 2), texts(4, 3)
QUERY_KEYS = torch.tensor([0, 1, 2, 3, 1, 5, 6])  # two of them alike
DOCUMENT_KEYS, NEGATIVE_KEYS = torch.arange(20, 20 + N), torch.tensor([40, 22, 42, 43])
IN_ORDER, SHUFFLED = torch.arange(N), torch.tensor([3, 0, 6, 1, 5, 2, 4])


def side(rows: torch.Tensor, keys: torch.Tensor, size: int, order: torch.Tensor) -> Side:
    parts = torch.split(rows[order], size) if len(rows) else ()
    return Side([{"rows": part} for part in parts], order, keys)


def cached(
    model: Model,
    size: int,
    *,
    negatives: int = 0,
    order: torch.Tensor = IN_ORDER,
    at_once: int = N,
    keep: bool = False,
) -> float:
    """Gradients by mini-batches of ``size``, and the loss."""
    torch.manual_seed(1)
    hard = side(NEGATIVES[:negatives], NEGATIVE_KEYS[:negatives], size, torch.arange(negatives))
    return backward(
        model.embed,
        side(QUERIES, QUERY_KEYS, size, order),
        side(DOCUMENTS, DOCUMENT_KEYS, size, order.flip(0)),
        hard if negatives else None,
        model.loss,
        at_once,
        keep=keep,
    )


def at_once(model: Model, negatives: int = 0) -> float:
    """Gradients of the whole batch in one graph, and the loss."""
    batch = Batch(
        model.embed({"rows": QUERIES}),
        model.embed({"rows": torch.cat([DOCUMENTS, NEGATIVES[:negatives]])}),
        QUERY_KEYS,
        torch.cat([DOCUMENT_KEYS, NEGATIVE_KEYS[:negatives]]),
    )
    loss = model.loss(batch, slice(None))
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())


def assert_alike(model: Model, expected: Model) -> None:
    given, wanted = model.gradients(), expected.gradients()
    assert given.keys() == wanted.keys() == {name for name, _ in model.named_parameters()}
    for name, gradient in wanted.items():
        assert gradient.abs().max() > 1e-4, f"{name} has no gradient to compare"
        torch.testing.assert_close(given[name], gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("order", [IN_ORDER, SHUFFLED], ids=["in order", "shuffled"])
@pytest.mark.parametrize("negatives", [0, 1, 4])
@pytest.mark.parametrize("size", [1, 3, N, 2 * N])
def test_gradients_by_mini_batches_are_those_of_the_whole_batch(
    size: int, negatives: int, order: torch.Tensor
) -> None:
    model, expected = Model(0.0), Model(0.0)
    loss = cached(model, size, negatives=negatives, order=order)
    assert loss == pytest.approx(at_once(expected, negatives), rel=1e-5)
    assert_alike(model, expected)


def test_gradients_by_mini_batches_that_are_kept_are_those_of_the_whole_batch() -> None:
    model, expected = Model(0.0), Model(0.0)
    loss = cached(model, 3, negatives=4, order=SHUFFLED, keep=True)
    assert loss == pytest.approx(at_once(expected, 4), rel=1e-5)
    assert_alike(model, expected)
    assert model.read == [3, 3, 1, 3, 3, 1, 3, 1]  # queries, documents, negatives, each once


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_how_many_logits_are_in_memory_changes_nothing(rows: int) -> None:
    model, expected = Model(0.0), Model(0.0)
    assert cached(model, 3, negatives=4, at_once=rows) == pytest.approx(
        cached(expected, 3, negatives=4), rel=1e-5
    )
    assert_alike(model, expected)


def test_gradients_are_added_to_those_that_are_there() -> None:
    model, expected = Model(0.0), Model(0.0)
    cached(model, 3)
    cached(model, 3)
    at_once(expected)
    for name, gradient in expected.gradients().items():
        torch.testing.assert_close(model.gradients()[name], 2 * gradient, rtol=1e-4, atol=1e-6)


def test_the_second_reading_drops_what_the_first_dropped() -> None:
    model = Model(0.5)
    cached(model, 3, negatives=4)
    drawn = model.dropout.drawn
    first, second = drawn[: len(drawn) // 2], drawn[len(drawn) // 2 :]
    assert len(first) == 3 + 3 + 2  # mini-batches of queries, documents and negatives
    for once, again in zip(first, second, strict=True):
        assert torch.equal(once, again)
    assert not torch.equal(first[0], first[1])  # each mini-batch has dropout of its own


@pytest.mark.parametrize("size", [3, N])
def test_gradients_with_dropout_are_those_of_the_whole_batch_with_the_same_dropout(
    size: int,
) -> None:
    model, expected = Model(0.5), Model(0.5)
    loss = cached(model, size, order=SHUFFLED)
    each = -(-N // size)  # mini-batches of a side
    for start, order in ((0, SHUFFLED), (each, SHUFFLED.flip(0))):
        mask = torch.empty(N, 16, dtype=torch.bool)
        mask[order] = torch.cat(model.dropout.drawn[start : start + each])
        expected.dropout.told.append(mask)
    assert loss == pytest.approx(at_once(expected), rel=1e-5)
    assert_alike(model, expected)


def test_what_fits_into_one_mini_batch_is_read_once() -> None:
    model = Model(0.0)
    cached(model, N)
    assert model.read == [N, N]


def test_what_does_not_fit_is_read_twice_in_mini_batches() -> None:
    model = Model(0.0)
    cached(model, 4)
    assert model.read == 2 * [4, 3, 4, 3]


def test_a_batch_whose_texts_have_no_hard_negatives_is_one_without() -> None:
    model, expected = Model(0.0), Model(0.0)
    none = side(NEGATIVES[:0], NEGATIVE_KEYS[:0], 3, torch.arange(0))
    queries = side(QUERIES, QUERY_KEYS, 3, IN_ORDER)
    documents = side(DOCUMENTS, DOCUMENT_KEYS, 3, IN_ORDER)
    backward(model.embed, queries, documents, none, model.loss, N)
    at_once(expected)
    assert_alike(model, expected)
