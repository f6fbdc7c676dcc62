"""Contrastive training, from a config to a model on disk.

    python -m cpt_training.train cpt_static
    torchrun --nproc-per-node 8 -m cpt_training.train cpt_small

Read from top to bottom: record, model, data, loop, best weights, save. Started again on the same
folder, a run goes on from its last checkpoint as if it had never stopped.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from cpt_training.config import TrainConfig
from cpt_training.data.examples import ByKind, corpus_examples
from cpt_training.data.pairs import corpus_hash
from cpt_training.data.triplets import check_said, file_hash, triplet_examples
from cpt_training.loop import checkpoint, processes
from cpt_training.loop.record import draw_curves, open_record, write_record
from cpt_training.loop.step import Learner
from cpt_training.loop.teacher import Lessons, lessons
from cpt_training.loop.throughput import Throughput
from cpt_training.loop.validate import validation_mrr
from cpt_training.models.make import make_trainable
from cpt_training.models.trainable import Trainable, tokenisers

console = Console(stderr=True)


def train(
    config: TrainConfig, corpus: Path | None, out: Path, minutes: float | None = None
) -> None:
    """Run ``config`` and save the model to ``out``; after ``minutes``, stop at a checkpoint.

    Raises:
        InvalidInputError: ``out`` holds a run of another config or corpus.
        TrainingError: memory ran out, or the loss is no longer a number.
    """
    device = processes.start()
    with processes.first_alone():  # what the first keeps on the disk, the others find there
        data_hash = corpus_hash(corpus) if corpus else file_hash(Path(config.data.triplets))
        record = open_record(out, config, data_hash)
        if record["finished"]:
            console.print(f"{out} is finished")
            return
        trainable = make_trainable(config, corpus)
        examples, validation = _examples(config, corpus, trainable)
        taught = _lessons(config, corpus, trainable)
    counts = [sum(map(len, part.values())) for part in (examples, validation)]
    console.print(f"{counts[0]:,} training examples, {counts[1]:,} for validation")

    learner = Learner(config, trainable, examples, taught, device)
    progress = checkpoint.load(out, learner)
    _loop(learner, progress, validation, out, minutes)
    if processes.rank() == 0:
        _finish(learner, progress, validation, record, out)
    processes.wait()


def _loop(
    learner: Learner,
    progress: checkpoint.Progress,
    validation: ByKind,
    out: Path,
    minutes: float | None,
) -> None:
    """Step after step to the last, or to the first after ``minutes``."""
    wanted = learner.config.optimisation
    every = max(1, wanted.steps // wanted.validations)
    start, began, late = time.monotonic(), progress.step, False
    batches = learner.batches(progress.step)
    throughput = Throughput(learner)

    def validate() -> None:
        if processes.rank() == 0:
            seconds = time.monotonic() - start
            row = {
                "step": progress.step,
                "examples": progress.step * wanted.batch,
                "mrr": validation_mrr(learner, validation),
                "scale": learner.scale(),
                "pairs_per_second": (progress.step - began) * wanted.batch / max(seconds, 1e-9),
                **throughput.row(),
            }
            progress.note(row, learner)

    if not progress.curve:
        validate()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=processes.rank() > 0) as bar:
        task = bar.add_task("training", total=wanted.steps, completed=progress.step)
        while progress.step < wanted.steps and not late:
            loss = learner.step(progress.step, next(batches), out)
            progress.advance(loss)
            rate = (progress.step - began) * wanted.batch / (time.monotonic() - start)
            mrr = progress.curve[-1]["mrr"] if progress.curve else 0.0
            bar.update(
                task, advance=1, description=f"loss {loss:.3f}  {rate:,.0f} pairs/s  MRR {mrr:.3f}"
            )
            late = processes.agree(
                minutes is not None and time.monotonic() - start > minutes * 60, learner.device
            )
            at_mark = progress.step % every == 0 or progress.step == wanted.steps
            if at_mark:
                validate()
            if at_mark or late:
                checkpoint.save(out, progress, learner)


def _finish(
    learner: Learner,
    progress: checkpoint.Progress,
    validation: ByKind,
    record: Mapping[str, Any],
    out: Path,
) -> None:
    """Write the record, and the model where the run has come to its end."""
    finished = progress.step == learner.config.optimisation.steps
    if finished:
        learner.settle(progress.best)
        record = {**record, "saved_mrr": validation_mrr(learner, validation)}
        learner.trainable.save(out)
        draw_curves(out, progress.curve)
    write_record(out, {**record, "finished": finished, "curve": progress.curve})
    if finished:
        checkpoint.remove(out)
    at = f"step {progress.step:,} of {learner.config.optimisation.steps:,}"
    console.print(f"saved {out}" if finished else f"stopped at {at}: run it again to go on")


def _examples(
    config: TrainConfig, corpus: Path | None, trainable: Trainable
) -> tuple[ByKind, ByKind]:
    data, cut = config.data, tokenisers(trainable, config.data)
    if corpus is None:
        path = Path(data.triplets)
        parts = triplet_examples(path, cut, data.validation_pairs, config.seed)
        for own in parts[0].values():
            check_said(path, own, graded=bool(config.order), languages=data.one_language)
        return parts
    return (
        corpus_examples(corpus / "train.parquet", cut, data, data.training_pairs or None),
        corpus_examples(corpus / "validation.parquet", cut, data, data.validation_pairs),
    )


def _lessons(config: TrainConfig, corpus: Path | None, trainable: Trainable) -> Lessons | None:
    if config.teacher is None or corpus is None:
        return None
    return lessons(config.teacher, config.data, corpus, trainable)


if __name__ == "__main__":
    from cpt_rag.cli.run import main
    from cpt_training.cli import train_app

    main(train_app, "python -m cpt_training.train")
