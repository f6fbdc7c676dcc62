"""A manifest to one file of pairs for each split, with the same bytes every time."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cpt_rag.errors import InvalidInputError
from cpt_rag.text.normalise import normalise
from cpt_training.corpus.fetch import fetch
from cpt_training.corpus.manifest import SPLITS, Manifest, Package
from cpt_training.corpus.mine import Mined, mine_in_worker, prepare_worker
from cpt_training.corpus.write import Row, write_corpus

PAIRS_PER_PACKAGE = 4000
WORKERS = 2

_SIDECAR_HEAD = "# Pairs that resemble a text of the evaluation; every build leaves them out.\n"


def build(
    manifest: Manifest,
    cache: Path,
    evaluation: Path | None = None,
    workers: int = WORKERS,
) -> Path:
    """Fetch, mine, clean, de-duplicate and write; returns the path of ``statistics.json``.

    With a folder of evaluation sets the sidecar of excluded pairs is written anew; without one
    it is applied as it is.
    """
    if evaluation is not None and not any(evaluation.rglob("*.jsonl")):
        raise InvalidInputError(
            f"{evaluation} holds no evaluation sets.", expected="a folder with .jsonl files"
        )
    excluded = frozenset() if evaluation else read_sidecar(manifest.sidecar)
    dropped: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    near_evaluation: set[str] = set()
    rows: list[Row] = []
    seen: set[tuple[str, str, str]] = set()
    with _progress() as progress:
        tasks = _fetch_all(manifest.packages, cache, progress)
        # Held-out packages first, so that what is trained on can be kept apart from them.
        for splits in (("test", "validation"), ("train",)):
            guard = (manifest.kinds, excluded, evaluation, [row.pair.document for row in rows])
            chosen = [task for task in tasks if task[0].split in splits]
            results = _mine_all(chosen, guard, min(workers, len(chosen)), progress)
            for split in splits:
                for mined in (m for m in results if m.package.split == split):
                    near_evaluation.update(mined.near_evaluation)
                    dropped[split] += mined.dropped
                    rows += _distinct(mined, seen, dropped[split])
    if evaluation:
        write_sidecar(manifest.sidecar, near_evaluation)
    return write_corpus(manifest, rows, dropped, cache / manifest.name)


def read_sidecar(path: Path) -> frozenset[str]:
    """The ids in a sidecar, none where there is no such file."""
    if not path.is_file():
        return frozenset()
    lines = path.read_text(encoding="utf-8").split()
    return frozenset(line for line in lines if len(line) == 16)


def write_sidecar(path: Path, ids: Iterable[str]) -> None:
    """Write the ids, sorted, one on each line."""
    body = "".join(f"{pair_id}\n" for pair_id in sorted(ids))
    path.write_text(_SIDECAR_HEAD + body, encoding="utf-8")


def _fetch_all(
    packages: Sequence[Package], cache: Path, progress: Progress
) -> list[tuple[Package, Path]]:
    bar = progress.add_task("fetch", total=len(packages))
    tasks = []
    for package in sorted(packages, key=lambda package: package.name):
        tasks.append((package, fetch(package, cache)))
        progress.advance(bar)
    return tasks


def _mine_all(
    tasks: Sequence[tuple[Package, Path]],
    guard: tuple[Sequence[str], frozenset[str], Path | None, list[str]],
    workers: int,
    progress: Progress,
) -> list[Mined]:
    """Mine every package, the large ones first; results in the order of the tasks."""
    splits = sorted({package.split for package, _ in tasks})
    bar = progress.add_task("mine " + ", ".join(splits), total=len(tasks))
    results: list[Mined] = []
    largest_first = sorted(tasks, key=lambda task: -task[1].stat().st_size)
    if workers <= 1:
        prepare_worker(*guard)
        for task in largest_first:
            results.append(mine_in_worker(task))
            progress.advance(bar)
    else:
        # Spawned, not forked: the progress bar has a thread. An executor, not a pool: that one
        # would start a worker that cannot be prepared again and again.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, context, prepare_worker, guard) as executor:
            futures = [executor.submit(mine_in_worker, task) for task in largest_first]
            for future in as_completed(futures):
                results.append(future.result())
                progress.advance(bar)
    return sorted(results, key=lambda mined: mined.package.name)


def _distinct(mined: Mined, seen: set[tuple[str, str, str]], dropped: Counter[str]) -> list[Row]:
    """The pairs whose query and document are both new, at most so many of each kind."""
    kept: list[Row] = []
    count: Counter[str] = Counter()
    # By id: which pairs stay under the limit has nothing to do with where they stand.
    for path, pair in sorted(mined.pairs, key=lambda item: item[1].id):
        keys = {
            (pair.kind, "query", " ".join(normalise(pair.query).split())),
            (pair.kind, "document", " ".join(normalise(pair.document).split())),
        }
        if not seen.isdisjoint(keys):
            dropped["duplicate"] += 1
        elif count[pair.kind] >= PAIRS_PER_PACKAGE:
            dropped["over the limit of a package"] += 1
        else:
            count[pair.kind] += 1
            kept.append(Row(pair, mined.package, path))
            seen |= keys
    return kept


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )
