"""Files that are whole or the ones before, whenever the process that writes them ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cpt_rag.errors import InvalidInputError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A place beside ``path`` to write to; at the end it is moved there, or removed on an error.

    Raises:
        InvalidInputError: it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        os.replace(part, path)
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be written: {error}",
            expected="a file name in a folder that is there and has room",
            remedy="make the folder, or choose another place",
        ) from error
    finally:
        with suppress(OSError):  # whatever it is, it has been said by now
            part.unlink()
