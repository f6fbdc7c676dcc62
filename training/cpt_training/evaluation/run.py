"""One evaluation: every system on each chosen set, and what the models cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cpt_training.evaluation.bm25 import BM25, Bm25Cost
from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.figures import Figure, Part, Speed
from cpt_training.evaluation.models import cold_seconds, load_models, speed_so_far
from cpt_training.evaluation.provenance import provenance
from cpt_training.evaluation.tasks import Task
from cpt_training.models.pretrained import locate
from cpt_training.origin import files_hash

Progress = Callable[[str], None]


@dataclass(slots=True)
class Results:
    """What one run has found so far, and under which conditions.

    ``notes`` say by set which of its rows were left out; a set is in ``complete`` when all of its
    figures are there, and in ``unfinished`` before.
    """

    figures: list[Figure] = field(default_factory=list)
    speeds: list[Speed] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    complete: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)

    def add(self, task: str, part: Part) -> None:
        """Take in what one step of a set gave."""
        self.figures += part.figures
        if part.notes:
            self.notes.setdefault(task, []).extend(part.notes)
        if not part.more:
            self.unfinished.remove(task)
            self.complete.append(task)


def evaluate(
    models: Sequence[str],
    tasks: Sequence[Task],
    progress: Progress,
    save: Callable[[Results], None] = lambda _: None,
) -> Results:
    """Every system on every task.

    All sets are read and all models loaded before the first figure, so that what is amiss shows at
    once; a set is then read again when its turn comes, so that memory holds one at a time.

    Args:
        models: as `load_models` takes them.
        tasks: the sets.
        progress: is told what is being done.
        save: is given the results so far whenever some are new.
    """
    started = datetime.now(timezone.utc)
    progress("reading")
    for task in tasks:
        task.read()
    data = {task.name: files_hash(task.files) for task in tasks}
    embedders = load_models(models)
    costs = _Costs(models, embedders, progress)
    results = Results(
        unfinished=[task.name for task in tasks],
        provenance=provenance(embedders, data, started),
    )
    for task in tasks:
        progress(task.name)
        for part in task.measure(task.read(), embedders, costs.bm25):
            results.add(task.name, part)
            results.speeds = costs.speeds()
            save(results)
    return results


class _Costs:
    """What each system has cost so far."""

    def __init__(
        self, models: Sequence[str], embedders: Sequence[Embedder], progress: Progress
    ) -> None:
        self.bm25 = Bm25Cost()
        self._models: list[tuple[Embedder, Path, float]] = []
        for embedder, model in zip(embedders, models, strict=True):
            progress(f"cold start of {embedder.name}")
            folder = locate(model)
            self._models.append((embedder, folder, cold_seconds(folder)))

    def speeds(self) -> list[Speed]:
        """A row for each system that has read documents."""
        cost = self.bm25
        rate = cost.documents / cost.seconds if cost.documents else None
        lexical = [Speed(BM25, cost.documents, rate, None, 0.0)] if rate else []
        return lexical + [speed_so_far(*model) for model in self._models]
