"""Adapters are trained in place of a transformer's weights, and leave a plain model."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForCausalLM

from cpt_rag.errors import InvalidInputError, MissingExtraError
from cpt_training import train as training
from cpt_training.config import TrainConfig
from cpt_training.data.tokens import tokenise
from cpt_training.loop import checkpoint
from cpt_training.loop.step import Learner
from cpt_training.models.lora import LoraTrainable
from cpt_training.models.make import make_trainable
from cpt_training.models.trainable import Trainable
from cpt_training.sections.models import ContinuedModel
from cpt_training.train import train

CPU = torch.device("cpu")
TEXTS = ["Open the socket and return it.", "def sort_table(self): pass", "merge"]


def learner_of(config: TrainConfig, corpus: Path) -> Learner:
    trainable = make_trainable(config, corpus)
    examples, _ = training._examples(config, corpus, trainable)
    return Learner(config, trainable, examples, None, CPU)


def optimised(config: TrainConfig, **changes: Any) -> TrainConfig:
    return replace(config, optimisation=replace(config.optimisation, **changes))


def steps(learner: Learner, number: int) -> None:
    for at, draw in enumerate(islice(learner.batches(0), number)):
        learner.step(at, draw, Path())


def parts(learner: Learner) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Copies of the adapters, and of everything else."""
    copies = {n: p.detach().clone() for n, p in learner.model.named_parameters()}
    adapters = {n: p for n, p in copies.items() if "lora_" in n}
    return adapters, {n: p for n, p in copies.items() if n not in adapters}


def embed(trainable: Trainable) -> torch.Tensor:
    trainable.model.eval()
    with torch.inference_mode():
        tokens = tokenise(lambda part: trainable.tokenise(part, "query", 32), TEXTS)
        rows: torch.Tensor = trainable.model(trainable.features(tokens))["sentence_embedding"]
    return rows.float()


def in_half_precision(config: TrainConfig, folder: Path) -> TrainConfig:
    assert config.transformer
    start = Path(config.transformer.start)
    model: Any = AutoModelForCausalLM.from_pretrained(start)
    model.bfloat16().save_pretrained(folder)
    for path in start.glob("tokenizer*"):
        (folder / path.name).write_bytes(path.read_bytes())
    return replace(config, transformer=replace(config.transformer, start=str(folder)))


def test_adapters_change_nothing_at_first(decoder_config: TrainConfig) -> None:
    adapted = make_trainable(decoder_config, None)
    assert isinstance(adapted, LoraTrainable)
    plain = make_trainable(replace(decoder_config, lora=None), None)
    torch.testing.assert_close(embed(adapted), embed(plain), rtol=0, atol=1e-6)


def test_a_step_moves_the_adapters_and_nothing_else(
    decoder_config: TrainConfig, corpus: Path
) -> None:
    learner = learner_of(optimised(decoder_config, weight_decay=0.5), corpus)
    adapters, frozen = parts(learner)
    assert len(adapters) == 2 * 3 * 2  # matrices, targets, layers
    encoder, _ = learner.optimiser.param_groups
    assert sum(map(torch.numel, encoder["params"])) == sum(map(torch.numel, adapters.values()))
    steps(learner, 2)
    after, still = parts(learner)
    for name, weight in adapters.items():
        assert not torch.equal(after[name], weight), name
    for name, weight in frozen.items():
        assert torch.equal(still[name], weight), name


def test_gradients_in_mini_batches_are_those_of_the_whole_batch(
    decoder_config: TrainConfig, corpus: Path
) -> None:
    found = []
    for size in (20, 6):
        learner = learner_of(optimised(decoder_config, mini_batch=size), corpus)
        generator = torch.Generator().manual_seed(0)
        for name, weight in learner.model.named_parameters():
            if "lora_B" in name:  # zero at the start, where its partner has no gradient
                torch.nn.init.normal_(weight, std=0.1, generator=generator)
        learner._gradients(0, next(learner.batches(0)))
        found.append({n: p.grad for n, p in learner.model.named_parameters() if p.grad is not None})
    whole, cached = found
    assert whole.keys() == cached.keys() == parts(learner)[0].keys()
    assert all(gradient.abs().max() > 1e-5 for gradient in whole.values())
    for name, gradient in whole.items():
        torch.testing.assert_close(cached[name], gradient, rtol=1e-4, atol=1e-6)


def test_a_checkpoint_holds_the_adapters_alone_and_a_run_goes_on_from_it(
    decoder_config: TrainConfig, corpus: Path, tmp_path: Path
) -> None:
    train(decoder_config, corpus, tmp_path / "stopped", minutes=0)
    state = torch.load(tmp_path / "stopped" / checkpoint.NAME, weights_only=True)
    for kept in (state["model"], state["progress"]["best"]):
        assert len(kept) == 12
        assert all("lora_" in name for name in kept)
    assert len(state["optimiser"]["state"]) == 12 + 1  # and the temperature
    train(decoder_config, corpus, tmp_path / "stopped")
    train(decoder_config, corpus, tmp_path / "undisturbed")
    ends = [tmp_path / name / "model.safetensors" for name in ("stopped", "undisturbed")]
    assert ends[0].read_bytes() == ends[1].read_bytes()


def test_a_checkpoint_that_lacks_an_adapter_is_not_taken(
    decoder_config: TrainConfig, corpus: Path
) -> None:
    learner = learner_of(decoder_config, corpus)
    weights = learner.weights()
    weights.popitem()
    with pytest.raises(RuntimeError, match="Missing key"):
        learner.put_back(weights)


def test_a_run_learns_and_leaves_plain_weights(
    decoder_config: TrainConfig, decoder: Path, corpus: Path, tmp_path: Path
) -> None:
    learner = learner_of(decoder_config, corpus)
    steps(learner, 10)
    expected = embed(learner.trainable)
    learner.trainable.save(tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert not {name for name in names if "adapter" in name}
    saved = load_file(tmp_path / "out" / "model.safetensors")
    start = load_file(decoder / "model.safetensors")
    assert {f"model.{name}" for name in saved} == start.keys() - {"lm_head.weight"}
    moved = {name for name in saved if np.abs(saved[name] - start[f"model.{name}"]).max() > 1e-3}
    assert {name.split(".")[-2] for name in moved} == {"q_proj", "v_proj", "down_proj"}
    plain = SentenceTransformer(str(tmp_path / "out"), device="cpu", local_files_only=True)
    np.testing.assert_allclose(plain.encode_query(TEXTS), expected, atol=3e-3)
    assert (expected - embed(make_trainable(decoder_config, None))).abs().max() > 1e-2


def test_a_frozen_model_stays_in_the_precision_it_was_saved_in(
    decoder_config: TrainConfig, corpus: Path, tmp_path: Path
) -> None:
    learner = learner_of(in_half_precision(decoder_config, tmp_path / "start"), corpus)
    adapters, frozen = parts(learner)
    assert {weight.dtype for weight in adapters.values()} == {torch.float32}
    assert {weight.dtype for weight in frozen.values()} == {torch.bfloat16}
    steps(learner, 3)
    assert {weight.dtype for weight in parts(learner)[1].values()} == {torch.bfloat16}
    learner.model.float()
    expected = embed(learner.trainable)
    learner.trainable.save(tmp_path / "out")
    plain = SentenceTransformer(str(tmp_path / "out"), device="cpu", local_files_only=True)
    assert {weight.dtype for weight in plain.parameters()} == {torch.float32}
    np.testing.assert_allclose(plain.encode_query(TEXTS), expected, atol=3e-3)


def test_a_difference_too_small_for_a_frozen_weight_is_kept(
    decoder_config: TrainConfig, tmp_path: Path
) -> None:
    adapted = make_trainable(in_half_precision(decoder_config, tmp_path / "start"), None)
    before = {n: p.detach().float() for n, p in adapted.model.named_parameters()}
    for name, weight in adapted.model.named_parameters():
        if "lora_" in name:
            torch.nn.init.constant_(weight, 0.003)
    adapted.save(tmp_path / "out")
    saved = load_file(tmp_path / "out" / "model.safetensors")
    name = next(n for n in before if n.endswith("layers.0.self_attn.q_proj.base_layer.weight"))
    change = saved["layers.0.self_attn.q_proj.weight"] - before[name].numpy()
    assert np.mean(change) == pytest.approx(4 * 0.003**2 * 8 / 4, rel=0.1)


def test_a_finished_transformer_is_trained_on_by_adapters(
    decoder_config: TrainConfig, corpus: Path, tmp_path: Path
) -> None:
    make_trainable(replace(decoder_config, lora=None), None).save(tmp_path / "start")
    config = replace(
        decoder_config, transformer=None, continued=ContinuedModel(str(tmp_path / "start"))
    )
    learner = learner_of(config, corpus)
    before = parts(learner)[1]
    steps(learner, 1)
    assert all(torch.equal(weight, before[name]) for name, weight in parts(learner)[1].items())


def test_a_target_that_is_no_linear_layer_is_refused(decoder_config: TrainConfig) -> None:
    assert decoder_config.lora
    wrong = replace(decoder_config, lora=replace(decoder_config.lora, targets=("q_proj", "query")))
    match = r"no linear layers \['query'\][^$]*gate_proj, k_proj"
    with pytest.raises(InvalidInputError, match=match):
        make_trainable(wrong, None)


def test_without_peft_the_extra_is_named(
    decoder_config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    monkeypatch.delitem(sys.modules, "cpt_training.models.lora")
    with pytest.raises(MissingExtraError, match="Adapters need peft") as caught:
        make_trainable(decoder_config, None)
    assert "cpt-rag[train]" in caught.value.remedy


def test_adapters_of_a_static_model_are_refused(decoder_config: TrainConfig) -> None:
    config = replace(decoder_config, transformer=None, continued=ContinuedModel("cpt-static"))
    with pytest.raises(InvalidInputError, match=r"has \[lora\] and continues a static model"):
        make_trainable(config, None)
