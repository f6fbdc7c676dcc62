"""A corpus's statistics as one HTML page, with samples to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from cpt_training.corpus.manifest import SPLITS
from cpt_training.corpus.table import Record, records

SAMPLES = 8
_STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { border: 1px solid #ccc; padding: .3rem .6rem; text-align: left; vertical-align: top }
td { font-variant-numeric: tabular-nums }
pre { white-space: pre-wrap; margin: 0; max-height: 22rem; overflow: auto }
"""


def write_page(found: Mapping[str, Any], paths: Mapping[str, Path], target: Path) -> None:
    """Write the page beside the splits."""
    name = escape(found["corpus"])
    total = sum(found["pairs"].values())
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{name}</title>',
        f"<style>{_STYLE}</style></head><body><h1>{name}: {total:,} pairs</h1>",
        f"<p>sha256 {found['sha256']}</p>",
        *(_counts(column, found[f"by_{column}"]) for column in ("kind", "language", "licence")),
        _table("Held-out docstrings", ("language", "test"), found["test_docstrings"].items()),
        _lengths(found["characters"]),
        _table("Near the evaluation", ("set", "pairs"), found["near_evaluation"].items()),
        _counts("dropped", found["dropped"]),
        *_samples(found["by_kind"]["train"], paths["train"]),
        _counts("package", found["by_package"]),
        "</body></html>",
    ]
    target.write_text("\n".join(parts) + "\n", encoding="utf-8")


def _counts(title: str, counts: Mapping[str, Mapping[str, int]]) -> str:
    """A row for each name, most frequent first, a column for each split."""
    names = sorted({name for split in SPLITS for name in counts[split]})
    totals = {name: [counts[split].get(name, 0) for split in SPLITS] for name in names}
    rows = sorted(totals.items(), key=lambda item: -sum(item[1]))
    return _table(title, (title, *SPLITS), ((name, *total) for name, total in rows))


def _lengths(characters: Mapping[str, Mapping[str, Sequence[int]]]) -> str:
    heading = ("kind", "query 5%", "50%", "95%", "document 5%", "50%", "95%")
    rows = ((kind, *of["query"], *of["document"]) for kind, of in characters.items())
    return _table("Characters", heading, rows)


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
        yield _table(f"Samples of {kind}", ("from", "query", "document"), cells, text=True)


def _table(
    title: str, heading: Sequence[str], rows: Iterable[Sequence[object]], *, text: bool = False
) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heading)
    body = "\n".join("<tr>" + "".join(_cell(cell, text) for cell in row) + "</tr>" for row in rows)
    return f"<h2>{escape(title)}</h2>\n<table><tr>{head}</tr>\n{body}</table>"


def _cell(value: object, text: bool) -> str:
    if isinstance(value, int):
        return f"<td>{value:,}</td>"
    content = escape(str(value))
    return f"<td><pre>{content}</pre></td>" if text else f"<td>{content}</td>"
