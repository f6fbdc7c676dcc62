"""``cpt-rag`` with its phases marked, so that it can be killed in each of them.

    python tests/benchmarks/integrity/marked.py MARK workers|alone COMMAND...

COMMAND is one of ``cpt-rag``'s, or ``optimise STORE COLLECTION``. Batches are small and the engine
builds its graph early, so that a short run goes through everything that a long one does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # the folder of this file is no place to import from
    sys.path[0] = str(Path(__file__).resolve().parents[3])

from cpt_rag.cli.main import main as cpt_rag_command
from cpt_rag.ingest import pipeline, workers, write
from cpt_rag.qdrant import edge_shard, open_store
from cpt_rag.qdrant.edge import EdgeEngine
from cpt_rag.qdrant.holding import Holding
from tests.benchmarks.integrity.phases import Phase

BATCH_CHUNKS = 128
GROUP_BYTES = 1 << 15
INDEXING_KB = 200


def make_small(with_workers: bool) -> None:
    """Have small batches, an early graph, and workers or none."""
    write.BATCH_CHUNKS = BATCH_CHUNKS
    pipeline.GROUP_BYTES = GROUP_BYTES
    edge_shard.INDEXING_KB = edge_shard.FULL_SCAN_KB = INDEXING_KB
    workers.START_BYTES = 1
    setattr(workers, "_cores", lambda: 2 if with_workers else 1)  # noqa: B010 - mypy forbids it


def mark(phase: Phase) -> None:
    """Have every phase noted as it begins, and the one before it as it ends."""

    def noted(owner: Any, name: str, during: str) -> None:
        whole: Callable[..., Any] = getattr(owner, name)

        def call(*arguments: Any, **named: Any) -> Any:
            before, phase.now = phase.now, during
            try:
                return whole(*arguments, **named)
            finally:
                phase.now = before

        setattr(owner, name, call)

    def noted_from(owner: Any, name: str, during: str) -> None:
        whole: Callable[..., Iterator[Any]] = getattr(owner, name)

        def call(*arguments: Any) -> Iterator[Any]:
            phase.now = during
            yield from whole(*arguments)

        setattr(owner, name, call)

    noted_from(pipeline, "walk", "walk")
    noted_from(workers.Workers, "prepare", "embed")
    noted(pipeline, "read_bytes", "walk")
    for method in ("_upsert", "_delete", "_delete_ids"):
        noted(EdgeEngine, method, "upsert")
    noted(EdgeEngine, "_optimise", "optimise")
    noted(EdgeEngine, "_flush", "close")
    noted(Holding, "_close", "close")


def optimise(store: str, collection: str) -> None:
    """What a maintenance script does."""
    engine, _ = open_store(store).open(collection)
    with engine:
        engine.optimise()
        engine.flush()


def main() -> None:
    """Run the command."""
    mark_file, kind, command, *rest = sys.argv[1:]
    make_small(kind == "workers")
    mark(Phase(Path(mark_file)))
    if command == "optimise":
        optimise(*rest)
    else:
        sys.argv[1:] = [command, *rest]
        cpt_rag_command()


if __name__ == "__main__":
    main()
