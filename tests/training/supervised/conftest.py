"""A small MS MARCO, in the published layout."""

from __future__ import annotations

from pathlib import Path

import pytest

PASSAGES = (
    "Tin melts at 232 degrees Celsius.",
    "Tin is soft and silvery.",
    "The melting point of tin is low: 232 °C.",
    "A heron is a bird with long legs.",
    "Herons stand in shallow water.",
    "Lead melts at 327 degrees.",
)
TIN, HERON = "at which heat does tin melt", "what is a héron"


def lines(*rows: tuple[object, ...]) -> str:
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Passages 0 and 2 are relevant for query 20, passage 3 for query 10; 30 is not judged."""
    root = tmp_path / "msmarco"
    root.mkdir()
    files = {
        "collection.tsv": lines(*enumerate(PASSAGES)),
        "queries.train.tsv": lines((30, "who"), (20, TIN), (10, HERON)),
        "qrels.train.tsv": lines((10, 0, 3, 1), (20, 0, 0, 1), (20, 0, 2, 1)),
    }
    for name, text in files.items():
        (root / name).write_bytes(text.encode())
    return root
