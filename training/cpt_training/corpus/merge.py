"""All packages' pairs into the splits: each text once in a kind, nearly equal documents once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from cpt_training.corpus.manifest import Package
from cpt_training.corpus.near import Sketches
from cpt_training.corpus.table import PAIRS, Record, records, writing

NEAR_THRESHOLD = 0.8


class Seen:
    """What one kind of pair holds already."""

    def __init__(self) -> None:
        self._queries: set[int] = set()
        self._documents: set[int] = set()
        self._sketches = Sketches(NEAR_THRESHOLD)

    def fault(self, record: Record) -> str | None:
        """Why a checked pair adds nothing; where it does, it is remembered."""
        query, document = record.pop("query_key"), record.pop("document_key")
        sketch = record.pop("sketch")
        if query in self._queries or document in self._documents:
            return "duplicate"
        if sketch and not self._sketches.add(sketch):
            return "near another pair"
        self._queries.add(query)
        self._documents.add(document)
        return None


def merge(
    checked: Sequence[tuple[Package, Path]],
    splits: Sequence[str],
    kinds: Sequence[str],
    folder: Path,
    dropped: Mapping[str, Counter[str]],
) -> list[Path]:
    """Write one file for each split, ordered by kind, package and id.

    One kind after the other, so that no more than one has to be remembered.

    Args:
        checked: packages and their checked pairs.
        splits: which to write; what an earlier one holds is kept out of a later one.
        kinds: kinds of pair, in the order in which they are written.
        folder: where the splits go.
        dropped: counts by split what is left out, by reason.
    """
    paths = {split: folder / f"{split}.parquet" for split in splits}
    with ExitStack() as stack:
        tables = {s: stack.enter_context(writing(path, PAIRS)) for s, path in paths.items()}
        for kind in kinds:
            seen = Seen()
            for split in splits:
                for package, path in checked:
                    if package.split != split:
                        continue
                    for record in records(path, kind=kind):
                        reason = seen.fault(record)
                        if reason:
                            dropped[split][reason] += 1
                            continue
                        tables[split].append(record)
        for table in tables.values():
            table.finish()
    return [*paths.values()]
