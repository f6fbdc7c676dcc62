"""Jupyter notebooks: a unit for each cell over the raw JSON, read as the cell's source."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from cpt_rag.chunking.assemble import Source, Unit
from cpt_rag.chunking.markdown import atx_title
from cpt_rag.chunking.pack import LINE, Cut
from cpt_rag.chunking.reading import Reading, Visible
from cpt_rag.chunking.sections import Heading
from cpt_rag.chunking.spans import consecutive
from cpt_rag.types import Chunk

_SPACE = re.compile(r"[ \t\r\n]*")
_ESCAPE = re.compile(r"\\(.)")
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell's place in the raw text, its type, and the strings that are its source."""

    start: int
    end: int
    type: str
    strings: list[tuple[int, int]]


def notebook_chunks(source: Source) -> list[Chunk] | None:
    """Chunks by cell, None where this is no notebook or has no source in it."""
    try:
        notebook = _DECODER.decode(source.text)
        cells = list(_cells(source.text))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    visible = [Visible(start, end, _decoded) for cell in cells for start, end in cell.strings]
    seen = source.seen_through(Reading(source.text, visible))
    if not cells or seen.is_blank(0, len(source.text)):
        return None
    return seen.chunks(list(_units(seen, cells, _kernel(notebook))))


def _units(source: Source, cells: list[_Cell], kernel: str) -> Iterator[Unit]:
    starts = [0, *(_line_start(source.text, cell.start) for cell in cells[1:])]
    spans = consecutive(starts, len(source.text))
    above: list[Heading] = []
    for cell, (start, end) in zip(cells, spans, strict=True):
        if cell.type == "markdown":
            _climb(above, source.read(start, end))
        symbol = " > ".join(heading.title for heading in above) or None
        trail = (symbol,) if symbol else ()
        language = {"code": kernel, "markdown": "markdown"}.get(cell.type, "text")
        cuts = partial(_cuts, source.text, cell)
        yield Unit(start, end, "cell", language, symbol, trail, trail, cuts)


def _climb(above: list[Heading], markdown: str) -> None:
    """Bring the trail of headings up to date with a cell that begins with one."""
    atx = atx_title(markdown.lstrip().split("\n", 1)[0].rstrip())
    if atx and atx[1]:
        while above and above[-1].level >= atx[0]:
            above.pop()
        above.append(Heading(0, 0, *atx))


def _kernel(notebook: dict[str, Any]) -> str:
    metadata = notebook.get("metadata") or {}
    for key, field in (("kernelspec", "language"), ("language_info", "name")):
        entry = metadata.get(key) if isinstance(metadata, dict) else None
        name = entry.get(field) if isinstance(entry, dict) else None
        if isinstance(name, str) and name:
            return name.lower()
    return "python"


def _cuts(text: str, cell: _Cell) -> Iterator[Cut]:
    """Beginnings of source lines: each string of a list, or after each escaped newline in one."""
    for start, end in cell.strings:
        yield Cut(_line_start(text, start - 1), LINE)
        for match in _ESCAPE.finditer(text, start, end):
            if match[1] == "n" and match.end() < end:
                yield Cut(match.end(), LINE)


def _line_start(text: str, position: int) -> int:
    indented = position
    while indented and text[indented - 1] in " \t":
        indented -= 1
    return indented if not indented or text[indented - 1] in "\r\n" else position


def _decoded(raw: str) -> str:
    """A piece of a JSON string; as it stands where it was cut inside an escape."""
    if "\\" not in raw:
        return raw
    try:
        return str(_DECODER.raw_decode(f'"{raw}"')[0])
    except ValueError:
        return raw


# The JSON text is walked by hand for the places of its values, which no parser tells.


def _cells(text: str) -> Iterator[_Cell]:
    for key, start in _members(text, _skip(text, 0)):
        if key == "cells":
            for at in _elements(text, start):
                yield _cell(text, at)
            return


def _cell(text: str, start: int) -> _Cell:
    type_, strings = "", list[tuple[int, int]]()
    for key, at in _members(text, start):
        if key == "cell_type":
            type_ = str(_DECODER.raw_decode(text, at)[0])
        elif key == "source" and text[at] == '"':
            strings = [_inside(text, at)]
        elif key == "source" and text[at] == "[":
            strings = [_inside(text, one) for one in _elements(text, at) if text[one] == '"']
    return _Cell(start, _end(text, start), type_, strings)


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """(key, start of value) of the object at ``at``."""
    for key_at in _parts(text, at, "{"):
        key, end = _DECODER.raw_decode(text, key_at)
        yield key, _skip(text, _skip(text, end) + 1)


def _elements(text: str, at: int) -> Iterator[int]:
    """Starts of the values of the array at ``at``."""
    return _parts(text, at, "[")


def _parts(text: str, at: int, opening: str) -> Iterator[int]:
    if text[at] != opening:
        return
    at = _skip(text, at + 1)
    while text[at] not in "]}":
        yield at
        at = _end(text, at)
        if opening == "{":
            at = _end(text, _skip(text, _skip(text, at) + 1))
        at = _skip(text, at)
        at = _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _end(text: str, at: int) -> int:
    return _DECODER.raw_decode(text, at)[1]


def _inside(text: str, at: int) -> tuple[int, int]:
    return at + 1, _end(text, at) - 1
