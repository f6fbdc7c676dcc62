"""The pairs of a split among which negatives are looked for: one kind, one language at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from cpt_rag.errors import InvalidInputError
from cpt_training.data.tokens import Rows
from cpt_training.pairs.pair import Pair


@dataclass(frozen=True, slots=True)
class Pool:
    """All pairs of one kind in one language: row i of the queries belongs to row i of the
    documents, and both are from ``packages[i]``."""

    kind: str
    language: str
    queries: Sequence[str]
    documents: Sequence[str]
    packages: Sequence[str]

    def __len__(self) -> int:
        return len(self.queries)

    def drawn(self, most: int) -> Rows:
        """At most ``most`` rows in their order, drawn by the hash of their texts: of every package
        alike."""
        if most >= len(self):
            return np.arange(len(self))
        texts = zip(self.queries, self.documents, strict=True)
        ids = [Pair(self.kind, self.language, *both).id for both in texts]
        return np.sort(np.argsort(np.array(ids), kind="stable")[:most])

    def by_package(self) -> list[Rows]:
        """The rows of each package."""
        names = np.array(self.packages)
        return [np.flatnonzero(names == name) for name in np.unique(names)]


def pool_sizes(split: Path, kinds: Iterable[str]) -> dict[tuple[str, str], int]:
    """The number of pairs of each kind in each language, sorted.

    Raises:
        InvalidInputError: the file cannot be read, or has none of a kind.
    """
    wanted = sorted({*kinds})
    table = _table(split, ["kind", "language"], [("kind", "in", wanted)])
    counts = table.group_by(["kind", "language"]).aggregate([([], "count_all")]).to_pylist()
    sizes = {(str(row["kind"]), str(row["language"])): row["count_all"] for row in counts}
    for kind in wanted:
        if not any(kind == name for name, _ in sizes):
            raise InvalidInputError(
                f"{split} has no pairs of the kind {kind!r}.",
                expected="kinds of pair that the corpus has",
                remedy="change --kinds; python -m cpt_training.corpus says what a corpus holds",
            )
    return dict(sorted(sizes.items()))


def read_pool(split: Path, kind: str, language: str) -> Pool:
    """All pairs of one kind in one language."""
    columns = ["query", "document", "package"]
    chosen = _table(split, columns, [("kind", "=", kind), ("language", "=", language)])
    return Pool(kind, language, *(chosen[name].to_pylist() for name in columns))


def _table(split: Path, columns: list[str], filters: list[tuple[str, str, object]]) -> pa.Table:
    names = {*columns, *(name for name, _, _ in filters)}
    try:
        table = pq.read_table(split, columns=sorted(names), filters=filters)
    except (pa.ArrowInvalid, pa.ArrowKeyError, KeyError, OSError) as error:
        raise InvalidInputError(
            f"{split} cannot be read: {error}.",
            expected="a split of a corpus, a Parquet file",
            remedy="Build the corpus again.",
        ) from error
    # A chunk has a dictionary of its own, which grouping cannot unify.
    return pa.table({name: table[name].cast(pa.string()) for name in columns})
