"""A whole run: it learns, repeats itself, survives, and gives a plain model."""

from __future__ import annotations

import json
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

import cpt_rag
from cpt_rag.encoders.static import StaticEncoder
from cpt_rag.errors import InvalidInputError, TrainingError
from cpt_training import train as training
from cpt_training.config import TrainConfig
from cpt_training.data.pairs import read_pairs
from cpt_training.loop import checkpoint
from cpt_training.loop.step import Draw, Learner
from cpt_training.sections.data import Data
from cpt_training.sections.models import ContinuedModel
from cpt_training.sections.teacher import Teacher
from cpt_training.supervised.triplets import Triplet, write_triplets
from cpt_training.train import train

TEXTS = ["Open the socket and return it.", "def sort_table(self): pass", "merge"]
MODEL = "model.safetensors"


@pytest.fixture(scope="module", params=["static", "transformer"])
def config(
    request: pytest.FixtureRequest, static_config: TrainConfig, transformer_config: TrainConfig
) -> TrainConfig:
    """Of either kind: twenty steps, validated and kept after every fifth."""
    return static_config if request.param == "static" else transformer_config


def optimised(config: TrainConfig, **changes: Any) -> TrainConfig:
    return replace(config, optimisation=replace(config.optimisation, **changes))


def record(out: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((out / "training.json").read_text(encoding="utf-8"))
    return read


SPEED = {"pairs_per_second", "tokens_per_second", "tflops", "tflops_limit"}
"""What a curve says of the machine and not of the run."""


def curve(out: Path) -> list[dict[str, float]]:
    """What a run has measured, apart from how fast it was."""
    return [
        {name: value for name, value in row.items() if name not in SPEED}
        for row in record(out)["curve"]
    ]


def weights(out: Path) -> bytes:
    return (out / MODEL).read_bytes()


@pytest.fixture(scope="module")
def undisturbed(
    config: TrainConfig, untouched: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A run of ``config`` from its beginning to its end, to compare others with."""
    folder = tmp_path_factory.mktemp("undisturbed")
    train(config, shutil.copytree(untouched, folder / "corpus"), folder / "out")
    return folder / "out"


def interrupt(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Stop the next run in the middle of that step."""
    undone = Learner.step

    def stopping(self: Learner, at: int, draw: Draw, out: Path) -> float:
        if at == number:
            monkeypatch.setattr(Learner, "step", undone)
            undone(self, at, draw, out)
            raise KeyboardInterrupt
        return undone(self, at, draw, out)

    monkeypatch.setattr(Learner, "step", stopping)


def test_a_static_run_learns_and_writes_a_model_that_both_runtimes_load(
    static_config: TrainConfig, corpus: Path, tmp_path: Path
) -> None:
    train(static_config, corpus, tmp_path / "out")
    rows = curve(tmp_path / "out")
    assert rows[-1]["mrr"] > rows[0]["mrr"] + 0.1
    assert rows[-1]["loss"] < rows[1]["loss"]
    fast = cpt_rag.load_encoder(tmp_path / "out")
    assert isinstance(fast, StaticEncoder)
    plain = SentenceTransformer(str(tmp_path / "out"), device="cpu", local_files_only=True)
    cosines = (fast.encode_document(TEXTS) * plain.encode(TEXTS)).sum(axis=1)
    assert cosines.min() >= 0.9999


def test_a_transformer_run_learns_and_writes_a_model_with_its_delimiters(
    transformer_config: TrainConfig, corpus: Path, tmp_path: Path
) -> None:
    train(transformer_config, corpus, tmp_path / "out")
    rows = curve(tmp_path / "out")
    assert rows[-1]["mrr"] > rows[0]["mrr"]
    assert rows[-1]["loss"] < rows[1]["loss"]
    encoder = cpt_rag.load_encoder(tmp_path / "out")
    assert encoder.fingerprint.prompts == {"query": "[", "document": "{"}
    assert encoder.fingerprint.pooling == "lasttoken"


def test_a_curve_tells_how_fast_texts_were_read_beside_what_the_device_can(
    config: TrainConfig, undisturbed: Path
) -> None:
    first, *later = record(undisturbed)["curve"]
    assert first["tokens_per_second"] == 0
    assert all(row["tokens_per_second"] > 0 for row in later)
    # A static encoder looks up rows: it multiplies nothing.
    assert all(("tflops" in row) == (config.transformer is not None) for row in later)
    assert all(0 < row["tflops"] < row["tflops_limit"] for row in later if "tflops" in row)


def test_the_same_seed_gives_the_same_weights_and_another_seed_does_not(
    config: TrainConfig, corpus: Path, undisturbed: Path, tmp_path: Path
) -> None:
    train(config, corpus, tmp_path / "same")
    train(replace(config, seed=2), corpus, tmp_path / "other")
    assert weights(tmp_path / "same") == weights(undisturbed) != weights(tmp_path / "other")
    assert curve(tmp_path / "same") == curve(undisturbed)


def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(
    config: TrainConfig,
    corpus: Path,
    undisturbed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    for number in (3, 7, 18):  # before the first checkpoint, and after two others
        interrupt(monkeypatch, number)
        with pytest.raises(KeyboardInterrupt):
            train(config, corpus, out)
    train(config, corpus, out)
    assert weights(out) == weights(undisturbed)
    assert curve(out) == curve(undisturbed)


KILLED = """
import os, pickle, signal, sys
from pathlib import Path
import torch
from cpt_training.train import train

config, corpus, out = pickle.loads(Path(sys.argv[1]).read_bytes())
save, saved = torch.save, []

def killed(state, path):
    save(state, path)
    saved.append(path)
    if len(saved) == 2:
        os.truncate(path, path.stat().st_size // 2)
        os.kill(os.getpid(), signal.SIGKILL)

torch.save = killed
train(config, corpus, out)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is killed like this on Windows")
def test_a_run_that_was_killed_while_it_wrote_a_checkpoint_goes_on_from_the_one_before(
    static_config: TrainConfig, corpus: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (tmp_path / "given").write_bytes(pickle.dumps((static_config, corpus, out)))
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "given")], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    kept = torch.load(out / checkpoint.NAME, weights_only=True)
    assert kept["progress"]["step"] == 5
    train(static_config, corpus, out)
    train(static_config, corpus, tmp_path / "undisturbed")
    assert weights(out) == weights(tmp_path / "undisturbed")
    assert {path.name for path in out.iterdir()} >= {MODEL, "training.json", "curves.png"}


def test_a_run_whose_time_is_up_stops_at_a_checkpoint_and_can_be_gone_on_with(
    config: TrainConfig, corpus: Path, undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for steps in (1, 2):
        train(config, corpus, out, minutes=0)
        assert torch.load(out / checkpoint.NAME, weights_only=True)["progress"]["step"] == steps
        assert not record(out)["finished"]
        assert not (out / MODEL).exists()
    train(config, corpus, out, minutes=60)
    assert weights(out) == weights(undisturbed)
    assert curve(out) == curve(undisturbed)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda c: optimised(c, batch=10, mini_batch=10), "config.optimisation.batch"),
        (lambda c: optimised(c, matryoshka=(32, 8)), "config.optimisation.matryoshka"),
        (lambda c: replace(c, seed=2), "config.seed"),
        (lambda c: replace(c, static=None, continued=ContinuedModel("a")), "config.static"),
        (
            lambda c: replace(c, data=replace(c.data, kinds={"summary_rest": 1.0})),
            "config.data.kinds.",
        ),
    ],
)
def test_another_config_in_the_same_folder_is_refused_by_its_field(
    static_config: TrainConfig,
    corpus: Path,
    tmp_path: Path,
    change: Callable[[TrainConfig], TrainConfig],
    field: str,
) -> None:
    out = tmp_path / "out"
    train(static_config, corpus, out, minutes=0)
    with pytest.raises(InvalidInputError) as caught:
        train(change(static_config), corpus, out)
    assert f"{out} holds a run with {field}" in caught.value.found
    assert "--out" in caught.value.remedy


def test_another_corpus_in_the_same_folder_is_refused(
    static_config: TrainConfig, corpus: Path, tmp_path: Path
) -> None:
    train(static_config, corpus, tmp_path / "out", minutes=0)
    path = corpus / "statistics.json"
    path.write_text(path.read_text(encoding="utf-8").replace("abc", "def"), encoding="utf-8")
    with pytest.raises(InvalidInputError, match="corpus_sha256 = 'abc'; this one has 'def'"):
        train(static_config, corpus, tmp_path / "out")


def test_a_loss_that_is_no_number_stops_the_run_and_leaves_its_last_checkpoint(
    config: TrainConfig,
    corpus: Path,
    undisturbed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, computed = tmp_path / "out", Learner._contrast
    batches: list[Draw] = []

    def poisoned(self: Learner, draw: Draw) -> float:
        batches.append(draw)
        return computed(self, draw) if len(batches) <= 12 else float("nan")

    with monkeypatch.context() as patched:
        patched.setattr(Learner, "_contrast", poisoned)
        with pytest.raises(TrainingError, match=r"The loss is nan at step 12\.") as caught:
            train(config, corpus, out)
    assert "optimisation.learning_rate" in caught.value.remedy
    assert str(out) in caught.value.remedy
    train(config, corpus, out)
    assert weights(out) == weights(undisturbed)


def test_weights_that_are_no_numbers_are_never_kept(
    static_config: TrainConfig, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, update = tmp_path / "out", torch.optim.AdamW.step
    updates: list[int] = []

    def poisoned(self: torch.optim.AdamW) -> None:
        update(self)
        updates.append(1)
        if len(updates) == 10:
            with torch.no_grad():
                self.param_groups[0]["params"][0][0, 0] = torch.nan

    monkeypatch.setattr(torch.optim.AdamW, "step", poisoned)
    with pytest.raises(TrainingError, match="no longer a number after step 10"):
        train(static_config, corpus, out)
    kept = torch.load(out / checkpoint.NAME, weights_only=True)
    assert kept["progress"]["step"] == 5
    assert all(torch.isfinite(weight).all() for weight in kept["model"].values())


def test_too_little_memory_says_what_to_lower(
    config: TrainConfig, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Learner, features: dict[str, torch.Tensor]) -> torch.Tensor:
        if self.model.training:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return embed(self, features)

    embed = Learner.embed
    monkeypatch.setattr(Learner, "embed", full)
    with pytest.raises(TrainingError, match="20 pairs") as caught:
        train(config, corpus, tmp_path / "out")
    size = config.optimisation.mini_batch
    assert f"{size} in memory at once" in caught.value.found
    assert caught.value.remedy.startswith(f"lower optimisation.mini_batch (now {size})")


def test_a_finished_run_is_not_run_again(
    static_config: TrainConfig, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(static_config, corpus, tmp_path / "out")
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    monkeypatch.setattr(training, "make_trainable", None)
    train(static_config, corpus, tmp_path / "out")
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / "out").iterdir()} == before


def test_a_run_that_was_stopped_before_it_wrote_its_record_is_finished_without_a_step(
    static_config: TrainConfig, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"

    def stopped(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(training, "draw_curves", stopped)
        with pytest.raises(KeyboardInterrupt):
            train(static_config, corpus, out)
    monkeypatch.setattr(Learner, "step", None)
    train(static_config, corpus, out)
    assert record(out)["finished"]
    assert len(curve(out)) == 5


def test_the_record_says_what_the_run_was_and_how_it_went(
    static_config: TrainConfig, corpus: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    train(static_config, corpus, out)
    found = record(out)
    assert found["config"]["optimisation"]["learning_rate"] == 0.01
    assert found["config"]["static"]["dimension"] == 32
    assert found["seed"] == 1
    assert found["corpus_sha256"] == "abc"
    assert "commit" in found
    assert found["versions"]["torch"] == torch.__version__
    assert found["finished"]
    assert [row["step"] for row in found["curve"]] == [0, 5, 10, 15, 20]
    assert [row["examples"] for row in found["curve"]] == [0, 100, 200, 300, 400]
    for row in found["curve"]:
        assert 0 < row["mrr"] <= 1
        assert row["scale"] > 0
    assert all("loss" in row for row in found["curve"][1:])
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert not list(out.glob("checkpoint*"))
    assert not list(out.glob("*.part"))


def test_the_model_is_that_of_the_best_validation(
    static_config: TrainConfig, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = iter([0.1, 0.3, 0.7, 0.7, 0.2])

    def validation(learner: Learner, examples: object) -> float:
        found = next(measured, None)
        if found is None:  # the weights that are saved, once more
            return 0.7
        learner.trainable.save(tmp_path / "last")
        if found == 0.7 and not (tmp_path / "best").exists():
            (tmp_path / "last").rename(tmp_path / "best")
        return found

    monkeypatch.setattr(training, "validation_mrr", validation)
    train(static_config, corpus, tmp_path / "out")
    assert weights(tmp_path / "out") == weights(tmp_path / "best") != weights(tmp_path / "last")


def test_the_temperature_is_trained_and_noted(
    static_config: TrainConfig, corpus: Path, tmp_path: Path
) -> None:
    train(static_config, corpus, tmp_path / "out")
    scales = [row["scale"] for row in curve(tmp_path / "out")]
    assert scales[0] == pytest.approx(20)
    assert len({*scales}) == 5


def test_a_narrow_width_that_is_trained_serves_alone(
    static_config: TrainConfig, corpus: Path, tmp_path: Path
) -> None:
    pairs = [*read_pairs(corpus / "validation.parquet")]

    def loss(name: str, widths: tuple[int, ...]) -> float:
        """How badly pairs are told apart by the first four dimensions."""
        train(optimised(static_config, matryoshka=widths), corpus, tmp_path / name)
        encoder = cpt_rag.load_encoder(tmp_path / name)
        queries = encoder.encode_query([pair.query for pair in pairs])[:, :4]
        documents = encoder.encode_document([pair.document for pair in pairs])[:, :4]
        sides = (
            rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (queries, documents)
        )
        logits = 20 * next(sides) @ next(sides).T
        return float((np.log(np.exp(logits).sum(axis=1)) - np.diag(logits)).mean())

    assert loss("both", (32, 4)) < 0.8 * loss("whole", (32,))


@pytest.mark.parametrize("objective", ["similarities", "vectors"])
@pytest.mark.parametrize("before", [0.0, 0.5])
def test_a_run_with_a_teacher_can_be_stopped_and_gone_on_with(
    static_config: TrainConfig,
    corpus: Path,
    tiny: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    objective: Any,
    before: float,
) -> None:
    teacher = Teacher(
        str(tiny), texts=60, tokens=16, objective=objective, weight=5.0, batch=20, before=before
    )
    config = replace(static_config, teacher=teacher)
    train(config, corpus, tmp_path / "undisturbed")
    interrupt(monkeypatch, 12)
    with pytest.raises(KeyboardInterrupt):
        train(config, corpus, tmp_path / "out")
    train(config, corpus, tmp_path / "out")
    assert weights(tmp_path / "out") == weights(tmp_path / "undisturbed")


def test_a_finished_model_is_trained_on_with_triplets(
    static_config: TrainConfig, corpus: Path, tmp_path: Path
) -> None:
    train(static_config, corpus, tmp_path / "first")
    verbs = ["open", "close", "read", "write", "copy", "move", "sort", "count", "merge", "split"]
    write_triplets(
        tmp_path / "triplets.jsonl",
        (
            Triplet(f"{verb} a {noun}", f"{verb}_{noun}()", (f"{noun}_{verb}()",))
            for verb in verbs
            for noun in ("file", "table", "image", "queue")
        ),
    )
    supervised = replace(
        optimised(static_config, examples=200),
        static=None,
        continued=ContinuedModel(str(tmp_path / "first")),
        data=Data(
            query_tokens=16,
            document_tokens=16,
            validation_pairs=10,
            triplets=str(tmp_path / "triplets.jsonl"),
            hard_negatives=1,
        ),
    )
    train(supervised, None, tmp_path / "second")
    assert record(tmp_path / "second")["finished"]
    rows = curve(tmp_path / "second")
    assert rows[-1]["loss"] < rows[1]["loss"]
    assert isinstance(cpt_rag.load_encoder(tmp_path / "second"), StaticEncoder)
