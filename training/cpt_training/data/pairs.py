"""The rows of a built corpus, as training and evaluation read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cpt_training.corpus.table import records


@dataclass(frozen=True, slots=True)
class TextPair:
    """A query and the document that answers it, of one kind, in one language."""

    kind: str
    language: str
    query: str
    document: str


def read_pairs(path: Path) -> Iterator[TextPair]:
    """The rows of one split of a corpus."""
    for row in records(path, ("kind", "language", "query", "document")):
        yield TextPair(**row)


def corpus_hash(directory: Path) -> str:
    """sha256 over all rows of a corpus, as its build wrote it down."""
    statistics = json.loads((directory / "statistics.json").read_text(encoding="utf-8"))
    return str(statistics["sha256"])
