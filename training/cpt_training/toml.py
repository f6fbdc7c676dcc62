"""Frozen dataclasses out of TOML: every field there, known, and of its type."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cpt_rag.errors import InvalidInputError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def find_toml(name_or_file: str, folder: Path, what: str) -> Path:
    """The file of that name in ``folder``, or the one at that path.

    Raises:
        InvalidInputError: there is neither; the message lists what the folder has.
    """
    path = Path(name_or_file)
    if path.suffix != ".toml":
        path = folder / f"{name_or_file}.toml"
    if path.is_file():
        return path
    known = ", ".join(sorted(path.stem for path in folder.glob("*.toml")))
    raise InvalidInputError(
        f"There is no {what} {name_or_file!r}.",
        expected=f"one of {known}, or a TOML file",
        remedy="pass a name or path from the line above",
    )


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a file.

    Raises:
        InvalidInputError: it is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(
            f"{path} is not valid TOML: {error}", expected="lines such as batch = 2048"
        ) from error


def parse(shape: type[Any], values: Mapping[str, Any], where: str) -> Any:
    """A frozen dataclass from a TOML table.

    Raises:
        InvalidInputError: a field is missing, unknown or of another type; ``where`` is named.
    """
    fields = {f.name: f for f in dataclasses.fields(shape)}
    needed = {
        name
        for name, f in fields.items()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }
    if not needed <= values.keys() <= fields.keys():
        raise InvalidInputError(
            f"{where} lacks {sorted(needed - values.keys())} and has the unknown "
            f"{sorted(values.keys() - fields.keys())}.",
            expected=f"the fields of {shape.__name__}",
            remedy="add or remove these lines",
        )
    hints = get_type_hints(shape)
    return shape(**{n: _value(hints[n], value, n, where) for n, value in values.items()})


def _value(hint: Any, value: Any, name: str, where: str) -> Any:
    """``value`` as its annotation wants it."""
    section = next((t for t in get_args(hint) if dataclasses.is_dataclass(t)), hint)
    if dataclasses.is_dataclass(section) and isinstance(value, dict):
        return parse(section, value, f"[{name}] of {where}")  # type: ignore[arg-type]
    if get_origin(hint) is Literal:
        ok, expected = value in get_args(hint), " or ".join(map(repr, get_args(hint)))
    elif get_origin(hint) is tuple:
        kind = get_args(hint)[0]
        expected = f"a list of {'whole numbers' if kind is int else 'names'}"
        ok = isinstance(value, (list, tuple))
        ok = ok and all(type(item) is kind for item in value)
        value = tuple(value) if ok else value
    elif get_origin(hint) is Mapping:
        ok, expected = isinstance(value, dict), "a table of numbers"
        ok = ok and all(type(item) in (int, float) for item in value.values())
    else:
        kinds = {float: (float, int), int: (int,), bool: (bool,), str: (str,)}.get(hint, (dict,))
        ok, expected = type(value) in kinds, getattr(hint, "__name__", str(hint))
    if not ok:
        raise InvalidInputError(
            f"{name} = {value!r} in {where}.", expected=expected, remedy=f"change {name}"
        )
    return value
