"""A run's results as one HTML file that needs nothing beside it."""

from __future__ import annotations

import base64
import json
from html import escape
from pathlib import Path

from cpt_training.evaluation.plots import draw
from cpt_training.evaluation.run import Results
from cpt_training.evaluation.tables import NOTE, grids, remarks
from cpt_training.html import page, table
from cpt_training.replace import replacing


def write_page(results: Results, path: Path) -> None:
    """Write tables, remarks, plots and provenance."""
    images = [_image(title, png) for title, png in draw(results).items()]
    tables = [table(grid.title, grid.heading, grid.rows) for grid in grids(results)]
    said = [f"<p>{escape(remark)}</p>" for remark in remarks(results)]
    origin = escape(json.dumps(results.provenance, indent=2, ensure_ascii=False))
    parts = [f"<p>{escape(NOTE)}</p>", *said, *tables, *images]
    parts.append(f"<h2>provenance</h2><pre>{origin}</pre>")
    with replacing(path) as part:
        part.write_text(page("Evaluation", parts), encoding="utf-8")


def _image(title: str, png: bytes) -> str:
    source = base64.b64encode(png).decode("ascii")
    return (
        f'<h2>{escape(title)}</h2><img alt="{escape(title)}" src="data:image/png;base64,{source}">'
    )
