"""Reports as one HTML file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { border: 1px solid #ccc; padding: .3rem .6rem; text-align: left; vertical-align: top }
td { white-space: pre-line; font-variant-numeric: tabular-nums }
pre { white-space: pre-wrap; margin: 0; max-height: 22rem; overflow: auto }
img { max-width: 100% }
"""


def page(title: str, parts: Iterable[str]) -> str:
    """A whole page; ``parts`` are HTML already."""
    name = escape(title)
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{name}</title>',
            f"<style>{_STYLE}</style></head><body><h1>{name}</h1>",
            *parts,
            "</body></html>\n",
        ]
    )


def table(
    title: str, heading: Sequence[str], rows: Iterable[Sequence[object]], *, code: bool = False
) -> str:
    """A table under a heading of its own; whole numbers have their thousands parted.

    Args:
        title: of the table.
        heading: of each column.
        rows: a cell for each column.
        code: whether texts keep their spaces.
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in heading)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{_cell(cell, code)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f"<h2>{escape(title)}</h2>\n"
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"
    )


def _cell(value: object, code: bool) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"<pre>{escape(str(value))}</pre>" if code else escape(str(value))
