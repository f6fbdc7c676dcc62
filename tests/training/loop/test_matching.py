"""The matching head, against its definition and at work."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from cpt_rag.errors import InvalidInputError
from cpt_training import train as training
from cpt_training.config import TrainConfig
from cpt_training.loop import checkpoint
from cpt_training.loop.gradient_cache import Side, backward
from cpt_training.loop.losses import Batch
from cpt_training.loop.matching import MatchingHead
from cpt_training.loop.step import Learner
from cpt_training.models.make import make_trainable
from cpt_training.sections.matching import Matching
from cpt_training.train import train

from .conftest import batch, unit

WIDTH = 8
WHOLE = slice(None)


def head(candidates: int = 4, weight: float = 1.0) -> MatchingHead:
    """One with opinions: a head at its start has next to none."""
    torch.manual_seed(0)
    made = MatchingHead(Matching(weight, candidates), WIDTH)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape))
    return made


def entropy(
    given: MatchingHead, whole: Batch, pairs: Sequence[tuple[int, int]], truth: float
) -> float:
    """Binary cross-entropy of queries with documents, all of them matches or none, summed."""
    queries, documents = (torch.tensor(side) for side in zip(*pairs, strict=True))
    logits = given.logits(whole.queries[queries], whole.documents[documents])
    truths = torch.full_like(logits, truth)
    return functional.binary_cross_entropy_with_logits(logits, truths, reduction="sum").item()


def test_the_head_reads_both_embeddings_their_product_and_their_distance() -> None:
    given, q, d = head(), unit(5, 1), unit(5, 2)
    layers = (given.query, given.document, given.product, given.distance)
    weights = torch.cat([layer.weight for layer in layers], dim=1)
    inputs = torch.cat([q, d, q * d * WIDTH**0.5, (q - d).abs()], dim=1)
    hidden = functional.gelu(inputs @ weights.T + given.query.bias)
    torch.testing.assert_close(given.logits(q, d), given.out(hidden).squeeze(1))


def test_two_pairs_leave_nothing_to_draw() -> None:
    given, whole = head(), batch(unit(2, 1), unit(2, 2))
    expected = entropy(given, whole, [(0, 0), (1, 1)], 1.0)
    expected += entropy(given, whole, [(0, 1), (1, 0)], 0.0)  # as queries, and as documents
    expected += entropy(given, whole, [(1, 0), (0, 1)], 0.0)
    assert given(whole, WHOLE, 1).item() == pytest.approx(expected / 6, rel=1e-5)


def test_one_candidate_is_the_nearest_wrong_text() -> None:
    given, whole = head(candidates=1), batch(unit(6, 3), unit(8, 4))
    cosines = whole.queries @ whole.documents.T
    cosines.fill_diagonal_(-2)
    wrong = [(i, int(row.argmax())) for i, row in enumerate(cosines)]
    wrong += [(int(column.argmax()), i) for i, column in enumerate(cosines.T[:6])]
    assert any(document >= 6 for _, document in wrong)  # a hard negative of the data is one here
    expected = entropy(given, whole, [(i, i) for i in range(6)], 1.0)
    expected += entropy(given, whole, wrong, 0.0)
    assert given(whole, WHOLE, 1).item() == pytest.approx(expected / 18, rel=1e-5)


def test_a_text_of_the_same_words_is_no_wrong_one() -> None:
    # Rows 0 and 1 ask the same, rows 1 and 2 are answered by the same: only 0 and 2 are apart.
    given = head()
    whole = batch(unit(3, 5), unit(3, 6), query_keys=[7, 7, 8], document_keys=[1, 2, 2])
    expected = entropy(given, whole, [(0, 0), (1, 1), (2, 2)], 1.0)
    expected += entropy(given, whole, [(0, 2), (2, 0)], 0.0)  # as queries
    expected += entropy(given, whole, [(2, 0), (0, 2)], 0.0)  # as documents; row 1 has none
    assert given(whole, WHOLE, 1).item() == pytest.approx(expected / 9, rel=1e-5)


def test_a_hard_negative_that_is_graded_too_high_is_no_wrong_text_of_its_query() -> None:
    given = head()
    # One query, two hard negatives of its own: the first may well be an answer.
    whole = replace(
        batch(unit(1, 5), unit(3, 6)),
        owners=torch.tensor([0, 0]),
        grades=torch.tensor([0.9, 0.2]),
    )
    expected = entropy(given, whole, [(0, 0)], 1.0) + entropy(given, whole, [(0, 2)], 0.0)
    assert given(whole, WHOLE, 1, 0.6).item() == pytest.approx(expected / 3, rel=1e-5)


def test_a_batch_of_one_text_has_nothing_but_its_pairs() -> None:
    given, whole = head(), batch(unit(3, 7), unit(3, 8), query_keys=[5, 5, 5])
    expected = entropy(given, whole, [(0, 0), (1, 1), (2, 2)], 1.0) / 9
    assert given(whole, WHOLE, 1).item() == pytest.approx(expected, rel=1e-5)


def test_a_candidate_is_drawn_as_often_as_the_head_believes_in_it() -> None:
    given, rows = head(candidates=4), 4000
    believed = torch.tensor([3.0, 1.0, 0.0, 2.0, 9.0, 9.5])
    cosines = torch.tensor([0.5, 0.6, 0.7, 0.8, 0.1, 0.9]).repeat(rows, 1)
    related = torch.tensor([False] * 5 + [True]).repeat(rows, 1)
    drawn = given._hard_negatives(
        lambda near: believed[near], cosines, related, given._noise(rows, 1)[0]
    )
    shares = torch.stack([(drawn == logit).float().mean() for logit in believed])
    # The fifth is too far away, the sixth is no wrong one, whatever the head believes of them.
    expected = torch.cat([believed[:4].softmax(0), torch.zeros(2)])
    torch.testing.assert_close(shares, expected, rtol=0, atol=0.03)


def test_the_draw_changes_with_the_seed_and_with_nothing_else() -> None:
    given, whole = head(), batch(unit(20, 9), unit(20, 10))
    losses = []
    for drawn_before in (1, 2):
        torch.manual_seed(drawn_before)
        losses.append(given(whole, WHOLE, 5).item())
    assert losses[0] == losses[1]
    assert len({given(whole, WHOLE, seed).item() for seed in range(8)}) > 4


@pytest.mark.parametrize("at_once", [1, 3, 7, 20])
def test_the_parts_of_all_rows_sum_to_the_loss_of_the_batch(at_once: int) -> None:
    keys = [0, 1, 2, 0, *range(4, 20)]
    given, whole = head(), batch(unit(20, 11), unit(24, 12), query_keys=keys)
    parts = [
        given(whole, slice(start, min(start + at_once, 20)), 3) for start in range(0, 20, at_once)
    ]
    torch.testing.assert_close(torch.stack(parts).sum(), given(whole, WHOLE, 3))


@pytest.mark.parametrize(("size", "at_once"), [(3, 2), (20, 7), (8, 20)])
def test_gradients_by_mini_batches_are_those_of_the_whole_batch(size: int, at_once: int) -> None:
    queries, documents = unit(20, 13), unit(20, 14)
    layer, given = nn.Linear(WIDTH, WIDTH), head()

    def embed(features: dict[str, torch.Tensor]) -> torch.Tensor:
        return functional.normalize(layer(features["rows"]), dim=-1)

    def side(rows: torch.Tensor, first_key: int) -> Side:
        parts = [{"rows": part} for part in torch.split(rows, size)]
        return Side(parts, torch.arange(20), torch.arange(first_key, first_key + 20))

    def gradients() -> list[torch.Tensor]:
        found = [p.grad for p in (*layer.parameters(), *given.parameters()) if p.grad is not None]
        layer.zero_grad()
        given.zero_grad()
        return found

    whole = batch(embed({"rows": queries}), embed({"rows": documents}))
    expected_loss = given(whole, WHOLE, 4)
    expected_loss.backward()
    expected = gradients()
    loss = backward(
        embed,
        side(queries, 0),
        side(documents, 1000),
        None,
        lambda part, rows: given(part, rows, 4),
        at_once,
    )
    assert loss == pytest.approx(expected_loss.item(), rel=1e-5)
    assert all(gradient.abs().max() > 1e-4 for gradient in expected)
    for found, wanted in zip(gradients(), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-6)


def test_a_head_learns_to_tell_pairs_apart() -> None:
    # A document is its query with half of the signs turned, so that no cosine tells anything.
    torch.manual_seed(0)
    given = MatchingHead(Matching(weight=1.0, candidates=4), WIDTH)
    turned = torch.tensor([1.0, -1.0]).repeat(WIDTH // 2)
    optimiser = torch.optim.Adam(given.parameters(), lr=0.01)
    for step in range(150):
        queries = unit(64, step)
        optimiser.zero_grad()
        given(batch(queries, queries * turned), WHOLE, step).backward()
        optimiser.step()
    queries = unit(200, 1000)  # never seen
    with torch.no_grad():
        right = given.logits(queries, queries * turned)
        wrong = given.logits(queries, queries.roll(1, 0) * turned)
    assert (right > 0).float().mean() > 0.9
    assert (wrong < 0).float().mean() > 0.9


def test_the_encoder_learns_from_the_head() -> None:
    given = head()
    queries, documents = unit(6, 15).requires_grad_(), unit(6, 16).requires_grad_()
    given(batch(queries, documents), WHOLE, 1).backward()
    for rows in (queries, documents):
        assert rows.grad is not None
        assert (rows.grad.norm(dim=1) > 0).all()


def learner(config: TrainConfig, corpus: Path) -> Learner:
    trainable = make_trainable(config, corpus)
    examples, _ = training._examples(config, corpus, trainable)
    return Learner(config, trainable, examples, None, torch.device("cpu"))


def first_losses(config: TrainConfig, corpus: Path, number: int = 1) -> list[float]:
    made = learner(config, corpus)
    draws = islice(made.batches(0), number)
    return [made.step(at, draw, Path()) for at, draw in enumerate(draws)]


def matched(config: TrainConfig, weight: float = 1.0, candidates: int = 4) -> TrainConfig:
    return replace(config, matching=Matching(weight, candidates))


def test_its_loss_is_added_to_the_contrastive_one_by_its_weight(
    static_config: TrainConfig, corpus: Path
) -> None:
    (alone,) = first_losses(static_config, corpus)
    (once,) = first_losses(matched(static_config), corpus)
    (thrice,) = first_losses(matched(static_config, weight=3.0), corpus)
    assert once - alone > 0.1
    assert thrice - alone == pytest.approx(3 * (once - alone), rel=1e-4)


def test_it_reads_the_whole_width_once_however_many_serve_alone(
    static_config: TrainConfig, corpus: Path
) -> None:
    optimisation = replace(static_config.optimisation, matryoshka=(32, 8))
    narrow = replace(static_config, optimisation=optimisation)
    (whole, whole_matched), (cut, cut_matched) = (
        (first_losses(config, corpus)[0], first_losses(matched(config), corpus)[0])
        for config in (static_config, narrow)
    )
    assert whole != pytest.approx(cut, rel=1e-3)
    assert whole_matched - whole == pytest.approx(cut_matched - cut, rel=1e-4)


def test_a_step_draws_other_negatives_than_the_one_before(
    static_config: TrainConfig, corpus: Path
) -> None:
    made = learner(matched(static_config), corpus)
    assert made.head.matching is not None
    seeds: list[int] = []
    made.head.matching.register_forward_pre_hook(lambda _, inputs: seeds.append(inputs[2]))
    for at, draw in enumerate(islice(made.batches(0), 3)):
        made.step(at, draw, Path())
    assert len(set(seeds)) == 3


def test_the_head_learns_at_its_own_rate(static_config: TrainConfig, corpus: Path) -> None:
    slow = replace(static_config.optimisation, learning_rate=1e-9, warmup=0.0)
    made = learner(matched(replace(static_config, optimisation=slow)), corpus)
    assert made.head.matching is not None
    before = made.head.matching.product.weight.detach().clone()
    made.step(0, next(made.batches(0)), Path())
    moved = (made.head.matching.product.weight - before).abs()
    assert moved.max().item() == pytest.approx(0.01, rel=0.01)


def test_a_run_can_be_stopped_and_gone_on_with_and_leaves_no_head(
    static_config: TrainConfig, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = matched(static_config)
    train(config, corpus, tmp_path / "undisturbed")
    save = checkpoint.save

    def stopping(*given: Any) -> None:
        save(*given)
        monkeypatch.setattr(checkpoint, "save", save)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stopping)
    with pytest.raises(KeyboardInterrupt):
        train(config, corpus, tmp_path / "out")
    train(config, corpus, tmp_path / "out")
    kept = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("out", "undisturbed")]
    assert kept[0] == kept[1]
    modules = json.loads((tmp_path / "out" / "modules.json").read_text(encoding="utf-8"))
    assert [module["type"].rsplit(".", 1)[1] for module in modules] == [
        "StaticEmbedding",
        "Normalize",
    ]


@pytest.mark.parametrize(
    ("weight", "candidates", "field"),
    [
        (0.0, 4, "matching.weight"),
        (float("nan"), 4, "matching.weight"),
        (1.0, 0, "matching.candidates"),
        (1.0, 20, "matching.candidates"),  # as many as the batch has
    ],
)
def test_an_impossible_value_is_refused_by_its_field(
    static_config: TrainConfig, weight: float, candidates: int, field: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        matched(static_config, weight, candidates)
    assert caught.value.found.startswith(f"{field} = ")
    assert caught.value.expected
    assert caught.value.remedy == f"change {field} in the TOML file"
