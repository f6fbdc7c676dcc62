"""What a person may filter by, and what of the collection that leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pathspec import PathSpec

from cpt_rag.errors import InvalidInputError
from cpt_rag.qdrant import FOLDERS, METADATA, NAME, Where

if TYPE_CHECKING:
    from cpt_rag.qdrant import Engine

Filters = Mapping[str, str | int | Sequence[str | int]]
"""``language``, ``kind``, ``root``, ``symbol`` or ``path`` to the value wanted, or any of several.

A symbol is a qualified name (``Cart.add_item``) or its last part; a path is a pattern as in
``.gitignore``: ``docs/``, ``*.py``, ``src/**/test_*.py``. ``metadata.NAME`` is what a text of the
caller's own was given under that name, dotted where it is nested: a string or a whole number.
"""

FIELDS = ("language", "kind", "root", "symbol", "path")
_OWN = f"{METADATA}."
_NOTHING = "\0"
"""What no field equals."""


def where(filters: Filters | None, engine: Engine) -> Where | None:
    """The chunks that match every filter, None where there is none.

    Raises:
        InvalidInputError: a field that is not one of these, no value for one, or a broken pattern.
    """
    must: dict[str, Sequence[str]] = {}
    own: dict[str, Sequence[str | int]] = {}
    for field, given in (filters or {}).items():
        values: list[str | int] = (
            [given] if isinstance(given, str) or not isinstance(given, Sequence) else [*given]
        )
        if field.startswith(_OWN):
            own[field] = values
            continue
        if field not in FIELDS:
            raise InvalidInputError(
                f"There is no filter {field!r}.",
                expected=f"one of {', '.join(FIELDS)}, or {_OWN}NAME",
                remedy="use one of these, or leave it out",
            )
        if not values or not all(isinstance(value, str) and value for value in values):
            raise InvalidInputError(
                f"The filter {field!r} is {given!r}.",
                expected="a word, or several",
                remedy="give it a value, or leave it out",
            )
        must.update(_condition(field, [str(value) for value in values], engine))
    return Where({**must, **own}) if must or own else None


def _condition(field: str, values: list[str], engine: Engine) -> dict[str, Sequence[str]]:
    stored = f"{METADATA}.{field}"
    if field == "path":
        return _paths(tuple(values), engine.values(stored))
    if field == "symbol":
        return dict([_symbols(values, engine)])
    return {stored: values}


@lru_cache(maxsize=64)
def _paths(patterns: tuple[str, ...], paths: tuple[str, ...]) -> dict[str, Sequence[str]]:
    """The folders that hold just what matches, or else every path: a thousand are slow to match."""
    # Not as git itself, which lets nothing below an excluded folder back in: the last pattern that
    # matches decides.
    try:
        spec = PathSpec.from_lines("gitignore", patterns)
    except ValueError as error:
        raise InvalidInputError(
            f"The filter 'path' is {', '.join(patterns)!r}: {error}",
            expected="patterns as in .gitignore: src/, *.py, !src/generated/",
            remedy="mend the pattern, or leave it out",
        ) from error
    matching = {path for path in paths if spec.match_file(path)}
    mixed = {str(folder) for path in paths if path not in matching for folder in _above(path)}
    whole = {
        path: next((str(f) for f in reversed(_above(path)) if str(f) not in mixed), "")
        for path in matching
    }
    if matching and all(whole.values()):
        return {FOLDERS: sorted({*whole.values()})}
    return {f"{METADATA}.path": sorted(matching) or [_NOTHING]}


def _above(path: str) -> Sequence[PurePosixPath]:
    """The folders above a file, the nearest first."""
    return list(PurePosixPath(path).parents)[:-1]


def _symbols(values: list[str], engine: Engine) -> tuple[str, Sequence[str]]:
    """By last parts where no value is qualified: that index is much the smaller to look up."""
    stored = f"{METADATA}.symbol"
    if not any("." in value for value in values):
        return NAME, [value.lower() for value in values]
    wanted = {value.lower() for value in values}
    return stored, [
        symbol
        for symbol in engine.values(stored)
        if symbol.lower() in wanted or symbol.lower().rsplit(".", 1)[-1] in wanted
    ] or [_NOTHING]
