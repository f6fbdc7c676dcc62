"""What a corpus holds: its hash, and counts of what is in it and of what was left out."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cpt_training.corpus.manifest import SPLITS, Manifest
from cpt_training.corpus.table import PAIRS, records
from cpt_training.replace import replacing

_COUNTED = ("kind", "language", "licence", "package")
_PERCENTILES = (5, 50, 95)


def statistics(
    manifest: Manifest,
    paths: Mapping[str, Path],
    dropped: Mapping[str, Counter[str]],
    near_evaluation: Mapping[str, str],
    missing: Sequence[str],
) -> dict[str, Any]:
    """Everything there is to say of the splits, in one reading of their files.

    The hash is over all rows in their order: a file's own bytes depend on who compresses it.
    """
    digest = hashlib.sha256()
    counts: dict[str, dict[str, Counter[str]]] = {
        column: {split: Counter() for split in SPLITS} for column in _COUNTED
    }
    tests: Counter[str] = Counter()
    lengths: defaultdict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for split in SPLITS:
        digest.update(f"{split}\n".encode())
        for row in records(paths[split]):
            digest.update(json.dumps([row[name] for name in PAIRS.names]).encode())
            for column in _COUNTED:
                counts[column][split][row[column]] += 1
            if split == "test" and row["kind"] == "docstring_code":
                tests[row["language"]] += 1
            lengths[row["kind"]][0].append(len(row["query"]))
            lengths[row["kind"]][1].append(len(row["document"]))
    return {
        "corpus": manifest.name,
        "manifest": manifest.digest,
        "sha256": digest.hexdigest(),
        "missing": sorted(missing),
        "pairs": {split: sum(counts["kind"][split].values()) for split in SPLITS},
        "test_docstrings": _sorted(tests),
        **{f"by_{column}": _splits(counts[column]) for column in _COUNTED},
        "characters": {
            kind: {"query": _spread(query), "document": _spread(document)}
            for kind, (query, document) in sorted(lengths.items())
        },
        "near_evaluation": _sorted(Counter(near_evaluation.values())),
        "dropped": _splits(dropped),
    }


def write_statistics(found: Mapping[str, Any], path: Path) -> Path:
    """Write them as JSON; last of all, since this file says that a corpus is complete."""
    with replacing(path) as part:
        part.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return path


def _splits(counts: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {split: _sorted(counts[split]) for split in SPLITS}


def _sorted(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items()))


def _spread(values: Iterable[int]) -> list[int]:
    """The 5th, 50th and 95th percentile."""
    return [int(value) for value in np.percentile(list(values), _PERCENTILES)]
