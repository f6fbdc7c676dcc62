"""Text in pages, as it comes out of a PDF: one unit for each page."""

from __future__ import annotations

from cpt_rag.chunking.assemble import Source, Unit

PAGE_END = "\f"
"""What ends every page of such a text."""


def page_units(source: Source) -> list[Unit]:
    """Pages by their numbers, from 1; those that show nothing are joined to a neighbour."""
    units: list[Unit] = []
    start = 0
    for number, page in enumerate(source.text.split(PAGE_END), 1):
        end = min(start + len(page) + len(PAGE_END), len(source.text))
        if end > start:
            symbol = f"page {number}"
            units.append(Unit(start, end, "page", "pdf", symbol, (symbol,), (symbol,)))
        start = end
    return units
