"""Relevant files in a context pack against its budget, beside grepping and reading whole files.

    python tests/benchmarks/context.py --data DIR --trees DIR [--out FILE]

``--data`` holds repo-search/annotations.jsonl and repos.json, ``--trees`` one folder for each
repository at its pinned commit. A query's recall is the share of its relevant files, secondary ones
included, of which a passage is in the pack.

The other side is what semble's published comparison takes for a coding agent: it greps for each
word of the query, regardless of case, and reads the matching files whole, those with most of the
words first, up to the first that no longer fits. The last column is kinder to it: that file is read
as far as the budget goes, and counts. Both sides see the same files, those that the collection
holds, and are measured by the same upper estimate of tokens.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import cpt_rag
from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate import Estimate, estimate_mean
from cpt_rag.retrieve.context import context
from cpt_rag.retrieve.packs.budget import estimate_tokens
from cpt_rag.retrieve.packs.stored import StoredFiles

BUDGETS = (500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000)
WAYS = ("context pack", "grep and read", "grep and read, last file cut")

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_SHORTEST_WORD = 3
_STOP_WORDS = """
all and any are been being between but can class code could did does during each file find for
from function had has have how implemented implementation into its method most not only other over
per should some such than that the their them then there these they this through under used uses
using via was were what when where which while who why will with would
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A query and the files that answer it, with the part of the repository they are sought in."""

    repository: str
    part: str
    query: str
    relevant: frozenset[str]


class Tree:
    """The files of one collection: their texts, and their words in lower case."""

    def __init__(self, collection: cpt_rag.Collection, part: str) -> None:
        self.collection = collection
        self.part = part
        files = StoredFiles(collection.engine)
        sources = {(p.payload["metadata"]["root"], p.payload["metadata"]["path"])
                   for p in collection.engine.scroll() if "metadata" in p.payload}  # fmt: skip
        self.texts = {
            path: "".join(chunk.text for chunk in files.chunks((root, path)))
            for root, path in sorted(sources)
        }
        self.lower = {path: text.lower() for path, text in self.texts.items()}
        self.tokens = cache(lambda path: estimate_tokens(self.reading(path)))

    def full_path(self, path: str) -> str:
        """A path as the annotations spell it."""
        return f"{self.part}/{path}" if self.part else path

    def reading(self, path: str) -> str:
        """What an agent gets that reads a file: its path and its text."""
        return f"{path}\n{self.texts[path]}\n"


def questions(data: Path) -> list[Question]:
    """All queries of the set."""
    folder = data / "repo-search"
    repositories = json.loads((folder / "repos.json").read_text(encoding="utf-8"))
    parts = {one["name"]: one["benchmark_root"] or "" for one in repositories}
    with (folder / "annotations.jsonl").open(encoding="utf-8") as lines:
        return [_question(json.loads(line), parts) for line in lines]


def _question(row: Mapping[str, Any], parts: Mapping[str, str]) -> Question:
    targets = [*row["relevant"], *row["secondary"]]
    relevant = frozenset(target["path"] for target in targets)
    return Question(row["repo"], parts[row["repo"]], row["query"], relevant)


def packed(tree: Tree, question: Question, budget: int, hits: int) -> set[str]:
    """Files of which a passage is in the pack."""
    try:
        pack = context(question.query, collection=tree.collection, max_tokens=budget, limit=hits)
    except InvalidInputError:  # not one span fits
        return set()
    return {passage.place.path for passage in pack.passages}


def grepped(tree: Tree, question: Question) -> list[str]:
    """Files that match, those with most of the query's words first, then with most matches."""
    words = {word.lower() for word in _WORD.findall(question.query) if len(word) >= _SHORTEST_WORD}
    words = words.difference(_STOP_WORDS.split()) or {question.query.lower()}
    counts = {path: [text.count(word) for word in words] for path, text in tree.lower.items()}
    matching = [path for path, found in counts.items() if any(found)]
    return sorted(matching, key=lambda p: (-sum(map(bool, counts[p])), -sum(counts[p]), p))


def read(tree: Tree, paths: Sequence[str], budget: int) -> Iterator[tuple[str, bool]]:
    """Files read until the budget is spent, and whether each was read to its end."""
    for path in paths:
        budget -= tree.tokens(path)
        yield path, budget >= 0
        if budget <= 0:
            return


def recalls(tree: Tree, question: Question, hits: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Share of the relevant files, (budgets, ways)."""
    found = grepped(tree, question)
    rows = []
    for budget in BUDGETS:
        reading = list(read(tree, found, budget))
        ways = (
            packed(tree, question, budget, hits),
            {path for path, to_its_end in reading if to_its_end},
            {path for path, _ in reading},
        )
        rows.append([_recall(tree, question, paths) for paths in ways])
    return np.array(rows)


def _recall(tree: Tree, question: Question, paths: set[str]) -> float:
    shown = {tree.full_path(path) for path in paths}
    return len(shown & question.relevant) / len(question.relevant)


def measure(asked: Sequence[Question], trees: Path, store: Path, hits: int) -> list[list[Estimate]]:
    """Mean recall over all queries, for each budget and way."""
    rows = []
    for repository in dict.fromkeys(question.repository for question in asked):
        here = [question for question in asked if question.repository == repository]
        folder = trees / repository / here[0].part
        cpt_rag.ingest(folder, collection=repository, store=store)
        with cpt_rag.open_collection(repository, store) as collection:
            tree = Tree(collection, here[0].part)
            rows += [recalls(tree, question, hits) for question in here]
    values = np.array(rows)
    return [
        [estimate_mean(values[:, budget, way]) for way in range(len(WAYS))]
        for budget in range(len(BUDGETS))
    ]


def table(measured: Sequence[Sequence[Estimate]]) -> str:
    """Markdown, one row for each budget."""
    lines = [f"| tokens | {' | '.join(WAYS)} |", "|---:|" + "---|" * len(WAYS)]
    for budget, ways in zip(BUDGETS, measured, strict=True):
        cells = (f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]" for one in ways)
        lines.append(f"| {budget:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def report(measured: Sequence[Sequence[Estimate]]) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "queries": measured[0][0].units,
        "recall": {
            way: {
                str(budget): {"value": row[i].value, "low": row[i].low, "high": row[i].high}
                for budget, row in zip(BUDGETS, measured, strict=True)
            }
            for i, way in enumerate(WAYS)
        },
    }


def main() -> None:
    """Ingest the trees, ask every query both ways, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds repo-search")
    parser.add_argument("--trees", type=Path, required=True, help="one folder per repository")
    parser.add_argument("--out", type=Path, help="write the figures here as JSON")
    parser.add_argument("--hits", type=int, default=100, help="that a pack chooses from, at most")
    options = parser.parse_args()
    asked = questions(options.data)
    with tempfile.TemporaryDirectory() as scratch:
        measured = measure(asked, options.trees, Path(scratch), options.hits)
    sys.stdout.write(f"Recall of relevant files over {len(asked)} queries, 95% intervals\n\n")
    sys.stdout.write(table(measured) + "\n")
    if options.out:
        text = json.dumps(report(measured), indent=2) + "\n"
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
