"""One step: what it learns from, how far it goes, and how it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from cpt_rag.errors import InvalidInputError, TrainingError
from cpt_training import train as training
from cpt_training.config import TrainConfig
from cpt_training.loop import processes, step
from cpt_training.loop.losses import Batch, symmetric_info_nce
from cpt_training.loop.step import Learner
from cpt_training.loop.throughput import Throughput
from cpt_training.loop.validate import validation_mrr
from cpt_training.models.make import make_trainable
from cpt_training.sections.order import Order
from cpt_training.sections.teacher import Teacher
from cpt_training.supervised.triplets import Triplet, write_triplets

CPU = torch.device("cpu")
Make = Callable[[TrainConfig], Learner]


@pytest.fixture
def make(corpus: Path) -> Make:
    """A learner of a config, at its beginning."""

    def made(config: TrainConfig) -> Learner:
        trainable = make_trainable(config, corpus)
        examples, _ = training._examples(config, corpus, trainable)
        return Learner(
            config, trainable, examples, training._lessons(config, corpus, trainable), CPU
        )

    return made


def optimised(config: TrainConfig, **changes: Any) -> TrainConfig:
    return replace(config, optimisation=replace(config.optimisation, **changes))


def taught(config: TrainConfig, tiny: Path, **changes: Any) -> TrainConfig:
    teacher = Teacher(
        str(tiny), texts=200, tokens=16, objective="similarities", weight=1.0, batch=20
    )
    return replace(config, teacher=replace(teacher, **changes))


def table(learner: Learner) -> torch.Tensor:
    """A static model's only weights."""
    (rows,) = learner.model.parameters()
    return rows.detach()


def first_steps(learner: Learner, number: int) -> list[float]:
    return [
        learner.step(at, draw, Path()) for at, draw in enumerate(islice(learner.batches(0), number))
    ]


def test_dropout_is_on_in_training_and_off_in_validation(
    transformer_config: TrainConfig, make: Make, corpus: Path
) -> None:
    learner = make(transformer_config)
    _, validation = training._examples(transformer_config, corpus, learner.trainable)
    modes: list[set[bool]] = []
    embed = learner.embed

    def watched(features: dict[str, torch.Tensor]) -> torch.Tensor:
        modes.append({module.training for module in learner.model.modules()})
        return embed(features)

    learner.embed = watched  # type: ignore[method-assign]
    first_steps(learner, 1)
    assert all(mode == {True} for mode in modes)
    modes.clear()
    validation_mrr(learner, validation)
    assert all(mode == {False} for mode in modes)
    modes.clear()
    first_steps(learner, 1)
    assert all(mode == {True} for mode in modes)


def test_a_step_draws_its_own_randomness(transformer_config: TrainConfig, make: Make) -> None:
    losses = []
    for before in (1, 2):
        learner = make(transformer_config)
        torch.manual_seed(before)
        losses.append(first_steps(learner, 2))
    assert losses[0] == losses[1]
    learner = make(transformer_config)
    draw = next(learner.batches(0))
    assert learner._contrast(draw) != learner._contrast(draw)  # without a step, dropout differs


def test_the_loss_is_that_of_the_whole_batch(static_config: TrainConfig, make: Make) -> None:
    learner = make(optimised(static_config, mini_batch=7))
    draw = next(learner.batches(0))
    examples = learner._examples[draw.kind]
    queries, documents = examples.queries.take(draw.rows), examples.documents.take(draw.rows)
    with torch.no_grad():
        sides = [learner.embed(learner.features(side)) for side in (queries, documents)]
    logits = sides[0] @ sides[1].T * 20
    own = torch.arange(20)
    twins = torch.from_numpy(documents.keys[:, None] == documents.keys) & ~torch.eye(20).bool()
    assert not twins.any()
    expected = (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2
    assert learner.step(0, draw, Path()) == pytest.approx(expected.item(), rel=1e-5)


def test_the_loss_of_several_widths_is_their_mean(static_config: TrainConfig, make: Make) -> None:
    learner = make(optimised(static_config, matryoshka=(32, 8, 4)))
    draw = next(learner.batches(0))
    examples = learner._examples[draw.kind]
    with torch.no_grad():
        queries, documents = (
            learner.embed(learner.features(side.take(draw.rows)))
            for side in (examples.queries, examples.documents)
        )
        batch = Batch(queries, documents, torch.arange(20), torch.arange(100, 120))
        losses = [
            symmetric_info_nce(batch.cut(width), learner.head.log_scale, slice(0, 20)).item()
            for width in (32, 8, 4)
        ]
    assert learner.step(0, draw, Path()) == pytest.approx(np.mean(losses), rel=1e-5)


def test_the_rate_rises_over_the_warm_up_and_falls_to_nothing(
    static_config: TrainConfig, make: Make
) -> None:
    learner = make(optimised(static_config, examples=200, warmup=0.4))  # four of ten steps
    rates = []
    for at, draw in enumerate(islice(learner.batches(0), 10)):
        learner.step(at, draw, Path())
        rates.append([group["lr"] for group in learner.optimiser.param_groups])
    factors = [0.25, 0.5, 0.75, 1, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]
    assert [model for model, _ in rates] == pytest.approx([0.01 * factor for factor in factors])
    assert [scale for _, scale in rates] == pytest.approx([0.01 * factor for factor in factors])


def test_the_temperature_has_a_rate_of_its_own(static_config: TrainConfig, make: Make) -> None:
    slow = make(optimised(static_config, learning_rate=1e-9, warmup=0.0))
    before = slow.scale()
    weights = table(slow).clone()
    first_steps(slow, 1)
    assert abs(slow.scale() - before) > 0.1
    assert (table(slow) - weights).abs().max() < 1e-6


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."),
        MemoryError(),
    ],
    ids=["GPU", "CPU", "numpy"],
)
@pytest.mark.parametrize(
    ("cache", "at_once", "remedy"),
    [
        (True, 5, "lower optimisation.mini_batch (now 5)"),
        (False, 20, "set optimisation.gradient_cache = true"),
    ],
)
def test_too_little_memory_says_what_to_change(
    static_config: TrainConfig, make: Make, error: Exception, cache: bool, at_once: int, remedy: str
) -> None:
    def full(features: dict[str, torch.Tensor]) -> torch.Tensor:
        raise error

    learner = make(optimised(static_config, mini_batch=5, gradient_cache=cache))
    learner.embed = full  # type: ignore[method-assign]
    with pytest.raises(TrainingError, match=f"20 pairs, {at_once} in memory at once") as caught:
        first_steps(learner, 1)
    assert caught.value.remedy.startswith(remedy)


def test_another_error_stays_as_it_is(static_config: TrainConfig, make: Make) -> None:
    def broken(features: dict[str, torch.Tensor]) -> torch.Tensor:
        raise RuntimeError("shapes do not fit")

    learner = make(static_config)
    learner.embed = broken  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        first_steps(learner, 1)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_changes_no_weight(
    static_config: TrainConfig, make: Make, loss: float
) -> None:
    learner = make(static_config)
    before = table(learner).clone()
    learner._contrast = lambda draw: loss  # type: ignore[method-assign]
    with pytest.raises(TrainingError, match=f"The loss is {loss} at step 3"):
        learner.step(3, next(learner.batches(0)), Path("here"))
    assert torch.equal(table(learner), before)


def test_what_is_drawn_before_does_not_matter_to_where_a_projection_starts(
    static_config: TrainConfig, corpus: Path, tiny: Path
) -> None:
    # One process reads the teacher, the others find what it left: all have to start alike.
    config = taught(static_config, tiny, objective="vectors")
    trainable = make_trainable(config, corpus)
    examples, _ = training._examples(config, corpus, trainable)
    lessons = training._lessons(config, corpus, trainable)
    starts = []
    for drawn in (1, 2):
        torch.manual_seed(drawn)
        learner = Learner(config, trainable, examples, lessons, CPU)
        assert learner.head.distillation
        starts.append(learner.head.distillation.projection.detach().clone())
    assert torch.equal(*starts)


def teachers_loss(learner: Learner) -> float:
    """Over everything that there is to be learnt."""
    assert learner._taught
    assert learner.head.distillation
    vectors = torch.from_numpy(learner._taught.vectors.astype(np.float32))
    with torch.no_grad():
        student = learner.embed(learner.features(learner._taught.tokens))
        return float(learner.head.distillation(student, vectors))


@pytest.mark.parametrize("before", [0.0, 0.5])
@pytest.mark.parametrize("objective", ["similarities", "vectors"])
def test_the_teachers_loss_falls(
    static_config: TrainConfig, make: Make, tiny: Path, objective: str, before: float
) -> None:
    learner = make(taught(static_config, tiny, objective=objective, before=before, weight=9.0))
    at_first = teachers_loss(learner)
    first_steps(learner, 10)
    assert teachers_loss(learner) < 0.8 * at_first


def test_the_weight_multiplies_the_teachers_loss(
    static_config: TrainConfig, make: Make, tiny: Path
) -> None:
    once, thrice = (
        teachers_loss(make(taught(static_config, tiny, weight=weight))) for weight in (1.0, 3.0)
    )
    assert thrice == pytest.approx(3 * once, rel=1e-5)


def test_beside_the_pairs_both_losses_are_added(
    static_config: TrainConfig, make: Make, tiny: Path
) -> None:
    alone = make(static_config)
    both = make(taught(static_config, tiny, weight=7.0))
    draw = next(both.batches(0))
    assert draw.lesson is not None
    assert both._taught
    vectors = torch.from_numpy(both._taught.vectors[draw.lesson].astype(np.float32))
    with torch.no_grad():
        rows = both.embed(both.features(both._taught.tokens.take(draw.lesson)))
        difference = (rows @ rows.T - vectors @ vectors.T).square().mean().item()
    pairs = alone.step(0, next(alone.batches(0)), Path())
    assert both.step(0, draw, Path()) == pytest.approx(pairs + 7 * difference, rel=1e-5)


def test_ahead_of_the_pairs_the_teacher_has_its_share_of_the_steps_for_itself(
    static_config: TrainConfig, make: Make, tiny: Path
) -> None:
    config = taught(static_config, tiny, objective="vectors", before=0.25)
    learner = make(optimised(config, examples=160))  # two of eight steps
    assert learner.head.distillation
    learnt = []
    for at, draw in enumerate(islice(learner.batches(0), 4)):
        learner.step(at, draw, Path())
        parts = (learner.head.distillation.projection, learner.head.log_scale)
        learnt.append([part.grad is not None for part in parts])
    assert learnt == [[True, False], [True, False], [False, True], [False, True]]


@pytest.mark.parametrize("done", [1, 6])
def test_a_run_that_goes_on_draws_what_it_would_have_drawn(
    static_config: TrainConfig, make: Make, tiny: Path, done: int
) -> None:
    learner = make(taught(static_config, tiny))
    whole = list(islice(learner.batches(0), 12))[done:]
    for draw, expected in zip(learner.batches(done), whole, strict=False):
        assert draw.kind == expected.kind
        np.testing.assert_array_equal(draw.rows, expected.rows)
        assert draw.lesson is not None
        assert expected.lesson is not None
        np.testing.assert_array_equal(draw.lesson, expected.lesson)


def test_weights_decay_and_the_temperature_does_not(static_config: TrainConfig, make: Make) -> None:
    learner = make(optimised(static_config, weight_decay=0.5))
    encoder, head = learner.optimiser.param_groups
    assert (encoder["weight_decay"], head["weight_decay"]) == (0.5, 0.0)
    assert head["params"][0] is learner.head.log_scale


def test_a_first_width_that_is_not_the_models_is_refused(
    transformer_config: TrainConfig, make: Make
) -> None:
    with pytest.raises(InvalidInputError, match="matryoshka begins with 16") as caught:
        make(optimised(transformer_config, matryoshka=(16, 8)))
    assert "put 32 in front" in caught.value.remedy


def test_a_batch_that_the_processes_cannot_share_is_refused(
    static_config: TrainConfig, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "size", lambda: 3)
    with pytest.raises(InvalidInputError, match="batch = 20 over 3 processes"):
        make(static_config)


def test_a_kind_with_fewer_pairs_than_processes_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "size", lambda: 3)
    with pytest.raises(InvalidInputError, match="2 rows for 3 processes"):
        processes.share(np.arange(2))


def test_the_order_loss_is_added_once_by_its_weight_however_many_rows_at_a_time(
    transformer_config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verbs = ("open", "close", "read", "write", "copy", "move", "sort", "count")
    lines = (
        Triplet(f"{verb} the file", f"def {verb}(): ...", (f"def {verb}_all(): ...",), (i / 10,))
        for i, verb in enumerate(verbs)
    )
    write_triplets(tmp_path / "graded.jsonl", lines)
    data = replace(transformer_config.data, corpus="", kinds={}, hard_negatives=1)
    data = replace(data, triplets=str(tmp_path / "graded.jsonl"), validation_pairs=1)
    found: dict[tuple[float, int], float] = {}
    for weight, rows in ((0.0, 99), (1.0, 99), (3.0, 99), (3.0, 2)):
        monkeypatch.setattr(step, "LOGIT_ROWS", rows)
        order = Order(weight=weight, scale=5.0, negative_below=2.0)
        config = optimised(
            replace(transformer_config, data=data, order=order), batch=7, mini_batch=3
        )
        trainable = make_trainable(config, None)
        examples, _ = training._examples(config, None, trainable)
        learner = Learner(config, trainable, examples, None, CPU)
        learner.model.eval()  # without dropout the runs can be compared
        found[weight, rows] = learner._contrast(next(learner.batches(0)))
    added = found[1.0, 99] - found[0.0, 99]
    assert added > 0.1
    assert found[3.0, 99] - found[0.0, 99] == pytest.approx(3 * added, rel=1e-4)
    assert found[3.0, 2] == pytest.approx(found[3.0, 99], rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "times"),
    [
        ({"mini_batch": 5}, 8),
        ({"mini_batch": 5, "gradient_cache": False}, 6),
        ({"mini_batch": 20}, 6),
    ],
    ids=["read twice", "kept in memory", "in one piece"],
)
def test_operations_of_a_token_are_counted_as_often_as_it_is_read(
    transformer_config: TrainConfig, make: Make, changes: dict[str, Any], times: int
) -> None:
    learner = make(optimised(transformer_config, **changes))
    throughput = Throughput(learner)
    first_steps(learner, 1)
    row = throughput.row()
    inner: Any = learner.model[0]
    rows = inner.model.get_input_embeddings().weight.numel()
    weights = sum(p.numel() for p in learner.model.parameters()) - rows
    assert row["tflops"] * 1e12 == pytest.approx(row["tokens_per_second"] * weights * times)
