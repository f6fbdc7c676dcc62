"""A run's results as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from cpt_training.evaluation.figures import Figure, Speed
from cpt_training.evaluation.run import Results


def write_json(results: Results, path: Path) -> None:
    """Write every figure so far, the sets they are complete for, cost and the provenance."""
    record = {
        "provenance": results.provenance,
        "sets": {"complete": results.complete, "unfinished": results.unfinished},
        "notes": results.notes,
        "figures": [_figure(figure) for figure in results.figures],
        "speed": [_speed(speed) for speed in results.speeds],
    }
    replace_file(path, json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def replace_file(path: Path, text: str) -> None:
    """Write a file anew in one step: a run that is stopped while it writes leaves the old one."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def _figure(figure: Figure) -> dict[str, Any]:
    row: dict[str, Any] = {
        "family": figure.family,
        "set": figure.dataset,
        "measure": figure.measure,
        "system": figure.system,
        "value": round(figure.estimate.value, 5),
        "low": round(figure.estimate.low, 5),
        "high": round(figure.estimate.high, 5),
        "units": figure.estimate.units,
    }
    if figure.difference is not None:
        row["difference"] = {
            "value": round(figure.difference.value, 5),
            "low": round(figure.difference.low, 5),
            "high": round(figure.difference.high, 5),
            "p": round(figure.difference.p_value, 4),
        }
    return row


def _speed(speed: Speed) -> dict[str, Any]:
    return {
        "system": speed.system,
        "documents": speed.documents,
        "documents_per_second": _rounded(speed.documents_per_second, 1),
        "cold_seconds": _rounded(speed.cold_seconds, 3),
        "megabytes": round(speed.megabytes, 2),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
