"""An encoder whose similarities are counted on fingers, and a corpus to mine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cpt_rag import ForeignEncoder
from cpt_training.corpus.table import PAIRS, writing

KIND = "docstring_code"


def words(texts: Sequence[str]) -> list[list[float]]:
    """Each text as the letters of it: alike texts have alike letters."""
    rows = np.zeros((len(texts), 128), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for character in text.lower():
            row[ord(character) % 128] += 1
    found: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return [list(map(float, row)) for row in found]


def letters() -> ForeignEncoder:
    return ForeignEncoder("letters", words)


def write_pairs(folder: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """A corpus as far as it is mined: its training split, and its hash."""
    with writing(folder / "train.parquet", PAIRS) as table:
        for row in rows:
            table.append({"path": "a.py", "licence": "MIT", **row})
        table.finish()
    (folder / "statistics.json").write_text(json.dumps({"sha256": "abc"}), encoding="utf-8")
    return folder
