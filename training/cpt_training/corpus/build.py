"""A manifest to one Parquet file of pairs for each split, with the same rows every time.

fetch -> mine -> check -> merge. Mining and checking leave a file for each package (and one for each
split, of pairs out of two packages), so that a build that was stopped goes on where it was;
held-out splits come first, so that what is trained on can be held against them.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cpt_training.corpus.across import mine_across
from cpt_training.corpus.check import (
    Guard,
    check_in_worker,
    checked_path,
    find_evaluation,
    prepare_worker,
)
from cpt_training.corpus.gather import gather
from cpt_training.corpus.manifest import SPLITS, Manifest, Package
from cpt_training.corpus.merge import merge
from cpt_training.corpus.mine import mine_package, mined_path
from cpt_training.corpus.page import write_page
from cpt_training.corpus.sidecar import read_sidecar, write_sidecar
from cpt_training.corpus.statistics import statistics, write_statistics
from cpt_training.corpus.table import notes

WORKERS = 2
_HELD_OUT, _TRAINED = SPLITS[:2], SPLITS[2:]

Files = list[tuple[Package, Path]]


def build(
    manifest: Manifest,
    cache: Path,
    evaluation: Path | None = None,
    workers: int = WORKERS,
    *,
    allow_missing: bool = False,
) -> Path:
    """Fetch, mine, check, de-duplicate and write; returns the path of ``statistics.json``.

    With a folder of evaluation sets the manifest's sidecar of excluded pairs is written anew;
    without one all sidecars beside it are applied as they are.
    """
    evaluation = find_evaluation(evaluation)
    excluded: dict[str, str] = {}
    for sidecar in () if evaluation else manifest.sidecars:
        excluded |= read_sidecar(sidecar)
    folder = cache / manifest.name
    complete = folder / "statistics.json"
    complete.unlink(missing_ok=True)
    dropped: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    near: dict[str, str] = {}
    held_out: list[Path] = []
    with _progress() as progress:
        archives, missing = gather(manifest, cache, progress, allow_missing=allow_missing)
        mined = _mine(archives, manifest.kinds, cache, workers, progress)
        mined += mine_across(manifest, mined, cache)
        for splits in (_HELD_OUT, _TRAINED):
            chosen = [(package, path) for package, path in mined if package.split in splits]
            guard = Guard(excluded, evaluation, tuple(held_out))
            checked = _check(chosen, guard, workers, progress, ", ".join(splits))
            for package, path in checked:
                found = notes(path)
                dropped[package.split].update(found["dropped"])
                near.update(found["near_evaluation"])
            held_out += merge(checked, splits, manifest.kinds, folder, dropped)
    if evaluation:
        write_sidecar(manifest.sidecar, near)
    paths = {split: folder / f"{split}.parquet" for split in SPLITS}
    found = statistics(manifest, paths, dropped, near, missing)
    write_page(found, paths, folder / "statistics.html")
    return write_statistics(found, complete)


def _mine(
    archives: Files, kinds: Sequence[str], cache: Path, workers: int, progress: Progress
) -> Files:
    """Every package's pairs; the large ones first, so that none is left alone at the end."""
    found = [(package, mined_path(package, kinds, cache)) for package, _ in archives]
    tasks = [
        (archive.stat().st_size, (package, archive, kinds, path))
        for (package, archive), (_, path) in zip(archives, found, strict=True)
        if not path.is_file()
    ]
    tasks.sort(key=lambda task: -task[0])
    _spread(mine_package, [task for _, task in tasks], workers, progress, "mine")
    return found


def _check(mined: Files, guard: Guard, workers: int, progress: Progress, what: str) -> Files:
    digest = guard.digest()
    found = [(package, checked_path(path, digest)) for package, path in mined]
    tasks = [
        (path, target)
        for (_, path), (_, target) in zip(mined, found, strict=True)
        if not target.is_file()
    ]
    tasks.sort(key=lambda task: -task[0].stat().st_size)
    _spread(check_in_worker, tasks, workers, progress, f"check {what}", guard)
    return found


def _spread(
    function: Callable[..., Any],
    tasks: Sequence[tuple[Any, ...]],
    workers: int,
    progress: Progress,
    what: str,
    guard: Guard | None = None,
) -> None:
    """Call ``function`` with each task's arguments, in so many processes."""
    bar = progress.add_task(what, total=len(tasks))
    if workers <= 1 or len(tasks) <= 1:
        if guard and tasks:
            prepare_worker(guard)
        for task in tasks:
            function(*task)
            progress.advance(bar)
        return
    # Spawned, not forked: the progress bar has a thread. An executor, not a pool: that one
    # would start a worker that cannot be prepared again and again.
    context = multiprocessing.get_context("spawn")
    prepare: Any = (prepare_worker, (guard,)) if guard else (None, ())
    with ProcessPoolExecutor(min(workers, len(tasks)), context, *prepare) as executor:
        futures: list[Future[Any]] = [executor.submit(function, *task) for task in tasks]
        try:
            for future in as_completed(futures):
                future.result()
                progress.advance(bar)
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )
