"""A run's results as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cpt_training.evaluation.figures import Figure, Speed
from cpt_training.evaluation.run import Results
from cpt_training.replace import replacing


def write_json(results: Results, path: Path) -> None:
    """Write every figure so far, the sets they are complete for, cost and the provenance."""
    record = {
        "provenance": results.provenance,
        "sets": {"complete": results.complete, "unfinished": results.unfinished},
        "notes": results.notes,
        "figures": [_figure(figure) for figure in results.figures],
        "speed": [_speed(speed) for speed in results.speeds],
    }
    with replacing(path) as part:
        part.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


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
