"""A corpus's statistics as one HTML page, with samples to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cpt_training.corpus.manifest import SPLITS
from cpt_training.corpus.table import Record, records
from cpt_training.html import page, table

SAMPLES = 8


def write_page(found: Mapping[str, Any], paths: Mapping[str, Path], target: Path) -> None:
    """Write the page beside the splits."""
    total = sum(found["pairs"].values())
    parts = [
        f"<p>sha256 {found['sha256']}</p>",
        *(_counts(column, found[f"by_{column}"]) for column in ("kind", "language", "licence")),
        table("Held-out docstrings", ("language", "test"), found["test_docstrings"].items()),
        _lengths(found["characters"]),
        table("Near the evaluation", ("set", "pairs"), found["near_evaluation"].items()),
        _counts("dropped", found["dropped"]),
        *_samples(found["by_kind"]["train"], paths["train"]),
        _counts("package", found["by_package"]),
    ]
    title = f"{found['corpus']}: {total:,} pairs"
    target.write_text(page(title, parts), encoding="utf-8")


def _counts(title: str, counts: Mapping[str, Mapping[str, int]]) -> str:
    """A row for each name, most frequent first, a column for each split."""
    names = sorted({name for split in SPLITS for name in counts[split]})
    totals = {name: [counts[split].get(name, 0) for split in SPLITS] for name in names}
    rows = sorted(totals.items(), key=lambda item: -sum(item[1]))
    return table(title, (title, *SPLITS), ((name, *total) for name, total in rows))


def _lengths(characters: Mapping[str, Mapping[str, Sequence[int]]]) -> str:
    heading = ("kind", "query 5%", "50%", "95%", "document 5%", "50%", "95%")
    rows = ((kind, *of["query"], *of["document"]) for kind, of in characters.items())
    return table("Characters", heading, rows)


def _samples(kinds: Mapping[str, int], path: Path) -> Iterator[str]:
    """Some pairs of each kind, evenly far from each other in the file's order."""
    places: dict[str, set[int]] = {}
    for kind, count in kinds.items():
        places[kind] = {(2 * i + 1) * count // (2 * SAMPLES) for i in range(SAMPLES)}
    chosen: dict[str, list[Record]] = {kind: [] for kind in kinds}
    place: dict[str, int] = dict.fromkeys(kinds, 0)
    for row in records(path):
        kind = row["kind"]
        if place[kind] in places[kind]:
            chosen[kind].append(row)
        place[kind] += 1
    for kind, rows in chosen.items():
        cells = ((f"{r['package']}, {r['language']}", r["query"], r["document"]) for r in rows)
        yield table(f"Samples of {kind}", ("from", "query", "document"), cells, code=True)
