"""The corpus on disk: JSON lines for each split, and what they hold."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cpt_training.corpus.manifest import SPLITS, Manifest, Package
from cpt_training.pairs import Pair


@dataclass(frozen=True, slots=True)
class Row:
    """A pair that stays, and where it is from."""

    pair: Pair
    package: Package
    path: str

    @property
    def line(self) -> str:
        """The pair as one line of the split's file."""
        fields = {
            "kind": self.pair.kind,
            "query": self.pair.query,
            "document": self.pair.document,
            "package": self.package.name,
            "path": self.path,
            "licence": self.package.licence,
        }
        return json.dumps(fields, ensure_ascii=True) + "\n"


def write_corpus(
    manifest: Manifest,
    rows: Sequence[Row],
    dropped: Mapping[str, Counter[str]],
    folder: Path,
) -> Path:
    """Write the splits and ``statistics.json``, whose path is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    # Over the lines, not the compressed bytes: those depend on the zlib at hand.
    digest = hashlib.sha256()
    files: dict[str, str] = {}
    for split in SPLITS:
        lines = sorted(row.line for row in rows if row.package.split == split)
        content = "".join(lines).encode()
        digest.update(f"{split}\n".encode() + content)
        path = folder / f"{split}.jsonl.gz"
        _replace(path, gzip.compress(content, compresslevel=6, mtime=0))
        files[split] = path.name
    statistics = {
        "corpus": manifest.name,
        "manifest": manifest.digest,
        "sha256": digest.hexdigest(),
        "files": files,
        "pairs": _counts(rows),
        "lengths": _lengths(rows),
        "dropped": {split: dict(sorted(dropped[split].items())) for split in SPLITS},
    }
    target = folder / "statistics.json"
    _replace(target, (json.dumps(statistics, indent=1) + "\n").encode())
    return target


def _replace(path: Path, content: bytes) -> None:
    """Write a file that is never seen half written."""
    arriving = path.with_name(f"{path.name}.partial")
    arriving.write_bytes(content)
    arriving.replace(path)


def _counts(rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "by_split_and_kind": _nested((row.package.split, row.pair.kind) for row in rows),
        "by_split_and_package": _nested((row.package.split, row.package.name) for row in rows),
        "by_split_and_licence": _nested((row.package.split, row.package.licence) for row in rows),
    }


def _nested(keys: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {split: {} for split in SPLITS}
    for (split, name), count in sorted(Counter(keys).items()):
        nested[split][name] = count
    return nested


def _lengths(rows: Sequence[Row]) -> dict[str, dict[str, list[int]]]:
    """Characters of queries and documents: the 5th, 50th and 95th percentile."""
    lengths: dict[str, dict[str, list[int]]] = {}
    for kind in sorted({row.pair.kind for row in rows}):
        pairs = [row.pair for row in rows if row.pair.kind == kind]
        lengths[kind] = {
            "query": _percentiles(len(pair.query) for pair in pairs),
            "document": _percentiles(len(pair.document) for pair in pairs),
        }
    return lengths


def _percentiles(values: Iterable[int]) -> list[int]:
    return [int(value) for value in np.percentile(list(values), (5, 50, 95))]
