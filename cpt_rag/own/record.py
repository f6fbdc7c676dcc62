"""A report as JSON, and as files in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cpt_rag.evaluate import Estimate
from cpt_rag.own.plot import draw
from cpt_rag.own.report import Figure, RepositoryReport

NOTES = (
    "values are means with 95% bootstrap intervals; a gain is paired query by query, ranked minus "
    "that arm; all is the mean of the classes, each weighted alike",
    "what a docstring or heading query asks was cut out of the indexed text, so that these classes "
    "are harder here than in a search of the whole text",
    "commits ask for the files that they changed as those files are now",
)


def report_fields(report: RepositoryReport) -> dict[str, Any]:
    """The report as one JSON object, without the single queries."""
    return {
        "path": report.path,
        "encoder": report.encoder,
        "files": report.files,
        "chunks": report.chunks,
        "queries": dict(report.queries),
        "left_out": dict(report.left_out),
        "changelogs": list(report.changelogs),
        "figures": [_figure(figure) for figure in report.figures],
        "fusion": {
            "weights": list(report.weights.weights or ()) or None,
            "proposed": report.weights.proposed,
            "chosen_on": report.weights.chosen_on,
            "gains": {name: _estimate(gain) for name, gain in report.weights.gains.items()},
        },
        "notes": list(NOTES),
    }


def write_report(report: RepositoryReport, folder: Path) -> None:
    """Write results.json, every query and its ranks in it, and plot.png into ``folder``.

    Raises:
        MissingExtraError: matplotlib is not installed; results.json is written all the same.
    """
    asked = [
        {**asdict(one.query), "answers": one.answers, "ranks": dict(one.ranks)}
        for one in report.asked
    ]
    fields: Mapping[str, Any] = {**report_fields(report), "asked": asked}
    text = json.dumps(fields, indent=2, ensure_ascii=False) + "\n"
    (folder / "results.json").write_text(text, encoding="utf-8")
    (folder / "plot.png").write_bytes(draw(report))


def _figure(figure: Figure) -> dict[str, Any]:
    row = {
        "class": figure.query_class,
        "arm": figure.arm,
        "measure": figure.measure,
        **_estimate(figure.estimate),
        "queries": figure.estimate.units,
    }
    return row if figure.gain is None else row | {"gain": _estimate(figure.gain)}


def _estimate(estimate: Estimate) -> dict[str, float]:
    return {
        "value": round(estimate.value, 5),
        "low": round(estimate.low, 5),
        "high": round(estimate.high, 5),
    }
