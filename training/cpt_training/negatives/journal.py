"""Answers that were hard to come by, kept as they come, so that a run can go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cpt_rag.errors import InvalidInputError


class Journal:
    """A file of JSON values, one a line, below a line that says what they were made from.

    A line that a kill cut short is forgotten.

    Raises:
        InvalidInputError: the file was begun with something else, is harmed, or cannot be written.
    """

    def __init__(self, path: Path, made_from: Any) -> None:
        self.path = path
        self.values: list[Any] = []
        head = json.dumps(made_from).encode()
        try:
            found = path.read_bytes() if path.is_file() else b""
            whole = found[: found.rfind(b"\n") + 1]
            first, *lines = whole.split(b"\n")[:-1] or [head]
            if first != head:
                raise self._another("was begun with another file, annotator or other settings")
            self.values = [json.loads(line) for line in lines]
            with path.open("ab") as file:
                file.truncate(len(whole))
                file.write(b"" if whole else head + b"\n")
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise self._another(f"has a line that is no JSON ({error})") from error
        except OSError as error:
            raise self._unwritable(error) from error

    def add(self, value: Any) -> None:
        """Keep one more."""
        try:
            with self.path.open("ab") as file:
                file.write(f"{json.dumps(value)}\n".encode())
        except OSError as error:
            raise self._unwritable(error) from error
        self.values.append(value)

    def remove(self) -> None:
        """Forget everything: it is where it was meant for."""
        self.path.unlink()

    def _another(self, found: str) -> InvalidInputError:
        return InvalidInputError(
            f"{self.path} {found}.",
            expected="the command that began it, which then goes on",
            remedy=f"remove {self.path}, or choose another --out",
        )

    def _unwritable(self, error: OSError) -> InvalidInputError:
        return InvalidInputError(
            f"{self.path} cannot be written: {error}",
            expected="a file name in a folder that is there and has room",
            remedy="make the folder, or choose another --out",
        )
