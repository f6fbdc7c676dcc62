"""A run's results as one HTML file that needs nothing beside it."""

from __future__ import annotations

import base64
import json
from html import escape
from pathlib import Path

from cpt_training.evaluation.plots import draw
from cpt_training.evaluation.record import replace_file
from cpt_training.evaluation.run import Results
from cpt_training.evaluation.tables import NOTE, Grid, grids, remarks

_STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { border: 1px solid #ccc; padding: .3rem .6rem; text-align: left; vertical-align: top }
td { white-space: pre-line; font-variant-numeric: tabular-nums }
img { max-width: 100% }
"""


def write_page(results: Results, path: Path) -> None:
    """Write tables, remarks, plots and provenance."""
    images = [_image(title, png) for title, png in draw(results).items()]
    tables = [_table(grid) for grid in grids(results)]
    said = [f"<p>{escape(remark)}</p>" for remark in remarks(results)]
    origin = escape(json.dumps(results.provenance, indent=2, ensure_ascii=False))
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><title>Evaluation</title>',
        f"<style>{_STYLE}</style></head><body><h1>Evaluation</h1><p>{escape(NOTE)}</p>",
        *said,
        *tables,
        *images,
        f"<h2>provenance</h2><pre>{origin}</pre></body></html>",
    ]
    replace_file(path, "\n".join(parts) + "\n")


def _table(grid: Grid) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in grid.heading)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in grid.rows
    )
    title = escape(grid.title)
    return f"<h2>{title}</h2>\n<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"


def _image(title: str, png: bytes) -> str:
    source = base64.b64encode(png).decode("ascii")
    return (
        f'<h2>{escape(title)}</h2><img alt="{escape(title)}" src="data:image/png;base64,{source}">'
    )
