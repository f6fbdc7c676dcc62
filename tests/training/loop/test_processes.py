"""Two processes with half a batch each do what one does with the whole of it.

The processes run this file as their program; the tests compare what each of them left.
"""

from __future__ import annotations

import dataclasses
import json
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch

from cpt_rag.cli.run import run
from cpt_training import train as training
from cpt_training.cli import train_app
from cpt_training.config import TrainConfig
from cpt_training.loop import checkpoint, processes
from cpt_training.loop.step import Learner
from cpt_training.models.make import make_trainable
from cpt_training.sections.matching import Matching
from cpt_training.sections.order import Order
from cpt_training.sections.teacher import Teacher
from cpt_training.supervised.triplets import Triplet, write_triplets
from cpt_training.train import train

BATCH = 12
Run = tuple[TrainConfig, Path | None]


@dataclass(frozen=True)
class Step:
    """A first step: its loss, every parameter's gradient, this process's own hard negatives."""

    loss: float
    gradients: Mapping[str, torch.Tensor]
    negatives: int


def first_step(config: TrainConfig, corpus: Path | None) -> Step:
    trainable = make_trainable(config, corpus)
    examples, _ = training._examples(config, corpus, trainable)
    taught = training._lessons(config, corpus, trainable)
    learner = Learner(config, trainable, examples, taught, torch.device("cpu"))
    draw = next(learner.batches(0))
    own = examples[draw.kind].negatives_for(processes.share(draw.rows), config.data.hard_negatives)
    loss = learner.step(0, draw, Path())
    named = [*learner.model.named_parameters(), *learner.head.named_parameters()]
    found = {name: p.grad.clone() for name, p in named if p.grad is not None}
    return Step(loss, found, 0 if own is None else len(own))


def work(folder: Path) -> None:
    """What each of the processes does."""
    device = processes.start()
    rank = processes.rank()
    rows = torch.arange(3 * rank * 2).reshape(-1, 2)  # none of the first's, three of the second's
    found: dict[str, Any] = {
        "gathered": processes.gather(rows),
        "nothing": processes.gather(rows[:0]),
        "one wishes": processes.agree(rank == 1, device),
        "none wishes": processes.agree(False, device),
        "share": processes.share(np.arange(7)),
    }
    with processes.first_alone():
        found["others were there"] = (folder / "been there").exists()
        (folder / "been there").touch()
    runs: Mapping[str, Run] = pickle.loads((folder / "runs.pickle").read_bytes())
    for name, given in runs.items():
        if name != "train":
            found[name] = dataclasses.asdict(first_step(*given))
    command(*runs["train"], folder)
    found["left"] = not torch.distributed.is_initialized()
    torch.save(found, folder / f"{rank}.pt")


def command(config: TrainConfig, untouched: Path | None, folder: Path) -> None:
    """The command, with a corpus that is built by copying another one."""
    assert untouched

    def corpus(given: TrainConfig, cache: Path | None) -> Path:
        if not (folder / "built").exists():
            time.sleep(0.5)  # long enough for another process to begin as well
            shutil.copytree(untouched, folder / "built")
        return folder / "built"

    with (
        mock.patch("cpt_training.config.load_config", return_value=config),
        mock.patch("cpt_training.cli.find_corpus", corpus),
        mock.patch.object(checkpoint, "remove"),
    ):
        assert run(train_app, ["some", "--out", str(folder / "two")], "train") == 0


@dataclass(frozen=True)
class Together:
    """What one process found, and what each of two."""

    folder: Path
    runs: Mapping[str, Run]
    alone: Mapping[str, Step]
    each: tuple[Mapping[str, Any], Mapping[str, Any]]


def without_dropout(tiny: Path, folder: Path) -> Path:
    """Two processes drop each their own: only without dropout can they be compared with one."""
    shutil.copytree(tiny, folder)
    path = folder / "config.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    none = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    path.write_text(json.dumps({**values, **none}), encoding="utf-8")
    return folder


def write_some(path: Path, negatives: Mapping[int, int], *, graded: bool = False) -> str:
    """Triplets, so many hard negatives for each line that is named, none for the others."""
    verbs = ["open", "close", "read", "write", "copy", "move", "sort", "count", "merge", "split"]
    verbs += ["print", "parse", "quote"]

    def triplet(line: int, verb: str) -> Triplet:
        wrong = (f"def never_{verb}(file): pass", f"def {verb}_nothing(): pass")
        right = f"def {verb}_file(self): return self.files.{verb}()"
        hard = wrong[: negatives.get(line, 0)]
        grades = (line / 20, 0.9)[: len(hard)] if graded else None
        return Triplet(f"{verb.title()} the file.", right, hard, grades)

    write_triplets(path, (triplet(*row) for row in enumerate(verbs)))
    return str(path)


def runs_to_compare(
    static: TrainConfig,
    transformer: TrainConfig,
    decoder: TrainConfig,
    corpus: Path,
    folder: Path,
) -> dict[str, Run]:
    batch: dict[str, Any] = {"batch": BATCH, "mini_batch": BATCH, "validations": 2}
    static = replace(static, optimisation=replace(static.optimisation, **batch, examples=8 * BATCH))
    assert transformer.transformer
    start = without_dropout(Path(transformer.transformer.start), folder / "without dropout")
    transformer = replace(
        transformer,
        optimisation=replace(transformer.optimisation, **{**batch, "mini_batch": 4}),
        transformer=replace(transformer.transformer, start=str(start)),
    )
    teacher = Teacher(str(start), texts=40, tokens=16, objective="vectors", weight=2.0, batch=20)
    cached = replace(static, optimisation=replace(static.optimisation, mini_batch=5))
    narrow = replace(static, optimisation=replace(static.optimisation, matryoshka=(32, 8)))

    def with_triplets(name: str, negatives: Mapping[int, int], order: Order | None = None) -> Run:
        path = write_some(folder / f"{name}.jsonl", negatives, graded=order is not None)
        data = replace(
            transformer.data,
            corpus="",
            kinds={},
            triplets=path,
            validation_pairs=1,
            hard_negatives=2,
        )
        return replace(transformer, data=data, order=order), None

    order = Order(weight=0.5, scale=10.0, negative_below=0.8)
    return {
        "static": (static, corpus),
        "static in mini-batches": (cached, corpus),
        "static at two widths": (narrow, corpus),
        "static with a teacher": (replace(static, teacher=teacher), corpus),
        "static with a matching head": (replace(cached, matching=Matching(1.0, 4)), corpus),
        "transformer": (transformer, corpus),
        "adapters of a decoder": (replace(decoder, optimisation=transformer.optimisation), corpus),
        "triplets": with_triplets("none", {}),
        "hard negatives": with_triplets("some", {1: 2, 2: 1, 3: 2, 4: 2, 5: 1, 7: 2, 9: 2}),
        "hard negatives in one process": with_triplets("one", {4: 2}),
        "graded": with_triplets("graded", {1: 2, 2: 1, 3: 2, 4: 2, 5: 1, 7: 2, 9: 2}, order),
        "graded in one process": with_triplets("graded one", {4: 2}, order),
    }


CASES = [
    "static",
    "static in mini-batches",
    "static at two widths",
    "static with a teacher",
    "static with a matching head",
    "transformer",
    "adapters of a decoder",
    "triplets",
    "hard negatives",
    "hard negatives in one process",
    "graded",
    "graded in one process",
]


@pytest.fixture(scope="module")
def together(
    tmp_path_factory: pytest.TempPathFactory,
    static_config: TrainConfig,
    transformer_config: TrainConfig,
    decoder_config: TrainConfig,
    untouched: Path,
) -> Together:
    """Everything that two processes are asked for, by one start of them."""
    folder = tmp_path_factory.mktemp("together")
    corpus = shutil.copytree(untouched, folder / "corpus")
    configs = (static_config, transformer_config, decoder_config)
    runs = runs_to_compare(*configs, corpus, folder)
    alone = {name: first_step(*run) for name, run in runs.items()}
    runs["train"] = (runs["static in mini-batches"][0], untouched)
    (folder / "runs.pickle").write_bytes(pickle.dumps(runs))
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*torchrun, "--nproc-per-node", "2", __file__, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr
    each = [torch.load(folder / f"{rank}.pt", weights_only=False) for rank in range(2)]
    return Together(folder, runs, alone, (each[0], each[1]))


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_those_of_one_process_with_the_whole_batch(
    together: Together, case: str
) -> None:
    alone = together.alone[case]
    assert "log_scale" in alone.gradients
    assert any(gradient.abs().max() > 1e-3 for gradient in alone.gradients.values())
    for each in together.each:
        found = Step(**each[case])
        assert found.loss == pytest.approx(alone.loss, rel=1e-5)
        assert found.gradients.keys() == alone.gradients.keys()
        for name, gradient in alone.gradients.items():
            torch.testing.assert_close(found.gradients[name], gradient, rtol=1e-4, atol=1e-5)


def test_processes_need_not_have_equally_many_hard_negatives(together: Together) -> None:
    for case, none in (("hard negatives", False), ("hard negatives in one process", True)):
        numbers = sorted(each[case]["negatives"] for each in together.each)
        assert sum(numbers) == together.alone[case].negatives
        assert numbers[0] < numbers[1]
        assert (numbers[0] == 0) == none
        assert together.alone[case].loss > 1.001 * together.alone["triplets"].loss


def test_a_whole_run_gives_the_weights_of_one_process(together: Together) -> None:
    config, corpus = together.runs["static in mini-batches"]
    with mock.patch.object(checkpoint, "remove"):  # the last checkpoint holds the weights in full
        train(config, corpus, together.folder / "one")
    one, two = (
        torch.load(together.folder / name / "checkpoint.pt", weights_only=True)
        for name in ("one", "two")
    )
    assert two["progress"]["step"] == config.optimisation.steps
    for part in ("model", "head"):
        for name, weights in one[part].items():
            torch.testing.assert_close(two[part][name], weights, rtol=0, atol=1e-4)
    assert [row["mrr"] for row in two["progress"]["curve"]] == pytest.approx(
        [row["mrr"] for row in one["progress"]["curve"]], abs=1e-4
    )


def test_a_whole_run_leaves_one_finished_record(together: Together) -> None:
    record = json.loads((together.folder / "two" / "training.json").read_text(encoding="utf-8"))
    assert record["finished"]
    assert (together.folder / "two" / "model.safetensors").is_file()


def test_the_first_builds_the_corpus_and_all_leave_in_the_end(together: Together) -> None:
    assert (together.folder / "built" / "train.parquet").is_file()
    assert all(found["left"] for found in together.each)


def test_rows_are_gathered_in_the_order_of_processes_however_many_each_has(
    together: Together,
) -> None:
    for found in together.each:
        assert found["gathered"].tolist() == [[0, 1], [2, 3], [4, 5]]
        assert found["nothing"].shape == (0, 2)


def test_all_do_what_one_wishes(together: Together) -> None:
    for found in together.each:
        assert found["one wishes"]
        assert not found["none wishes"]


def test_each_has_its_own_part_of_a_batch_and_all_parts_are_of_one_length(
    together: Together,
) -> None:
    assert [found["share"].tolist() for found in together.each] == [[0, 1, 2], [3, 4, 5]]


def test_the_first_goes_alone_where_the_others_are_to_find_what_it_left(
    together: Together,
) -> None:
    assert [found["others were there"] for found in together.each] == [False, True]


if __name__ == "__main__":
    work(Path(sys.argv[1]))
