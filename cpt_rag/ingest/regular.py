"""Reading regular files, and nothing else that goes by a file's name."""

from __future__ import annotations

import os
import stat
from pathlib import Path

# A pipe in a file's place would be waited for, a link would lead elsewhere.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
_TRIES = 3


def read_regular(path: Path, most: int) -> bytes:
    """The first ``most`` bytes of a regular file, as they were at one moment.

    Raises:
        FileNotFoundError: it has vanished.
        OSError: it cannot be read, is a link, a folder or a special file, or changes as often as
            it is read.
    """
    for _ in range(_TRIES):
        with open(os.open(path, _FLAGS), "rb") as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise OSError(f"{path} is no regular file")
            content = file.read(most)
            after = os.fstat(file.fileno())
        if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
            return content
    raise OSError(f"{path} changes while it is read")
