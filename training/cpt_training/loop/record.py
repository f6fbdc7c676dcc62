"""The folder of a run: what it is of, how it went, and a refusal to mix two."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from cpt_rag.errors import InvalidInputError
from cpt_training.config import TrainConfig
from cpt_training.origin import commit
from cpt_training.replace import replacing

NAME = "training.json"


def open_record(out: Path, config: TrainConfig, corpus_sha256: str) -> dict[str, Any]:
    """The record of the run in ``out``: a new one, or that of the run which is gone on with.

    Raises:
        InvalidInputError: another config or corpus was begun there; names the field.
    """
    values = json.loads(json.dumps(dataclasses.asdict(config)))
    path = out / NAME
    if path.is_file():
        before: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        now = {"config": values, "corpus_sha256": corpus_sha256}
        for name, found, expected in _differences(before, now):
            raise InvalidInputError(
                f"{out} holds a run with {name} = {found!r}; this one has {expected!r}.",
                expected="the config and corpus that the run began with",
                remedy="pass another --out, or remove that folder to begin anew",
            )
        return before
    record = {
        "config": values,
        "seed": config.seed,
        "corpus_sha256": corpus_sha256,
        "commit": commit(Path(__file__).parent),
        "versions": {name: metadata.version(name) for name in ("torch", "sentence-transformers")},
        "finished": False,
        "curve": [],
    }
    write_record(out, record)
    return record


def write_record(out: Path, record: Mapping[str, Any]) -> None:
    """Write the record; the file is whole or the one before."""
    out.mkdir(parents=True, exist_ok=True)
    with replacing(out / NAME) as part:
        part.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def draw_curves(out: Path, curve: list[dict[str, float]]) -> None:
    """Validation MRR and loss over the examples seen, as ``curves.png``."""
    canvas = Figure(figsize=(7, 3.5), layout="constrained")
    for place, name in enumerate(("mrr", "loss")):
        axes = canvas.add_subplot(1, 2, place + 1)
        rows = [row for row in curve if name in row]
        axes.plot([row["examples"] for row in rows], [row[name] for row in rows], marker=".")
        axes.set_xlabel("pairs seen")
        axes.set_title({"mrr": "validation MRR", "loss": "loss"}[name])
    canvas.savefig(out / "curves.png", dpi=120)


def _differences(
    before: Mapping[str, Any], now: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    for name, expected in now.items():
        found = before.get(name)
        if isinstance(expected, Mapping) and isinstance(found, Mapping):
            yield from _differences(found, {**dict.fromkeys(found), **expected}, f"{prefix}{name}.")
        elif found != expected:
            yield f"{prefix}{name}", found, expected
