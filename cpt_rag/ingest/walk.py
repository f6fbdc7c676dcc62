"""Every file below a folder, and why a file is left out.

Version-control folders, caches, virtual environments, stores of our own and folders that an ignore
file names are not entered; every file met elsewhere is yielded, with a reason where it is not to be
read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from cpt_rag.ingest.ignore import Ignores, ignores_above
from cpt_rag.ingest.reasons import Reason
from cpt_rag.ingest.secrets import has_secret_name
from cpt_rag.qdrant import SHARDS, is_store_file

NEVER_ENTERED = frozenset(
    [
        *(".git", ".hg", ".svn", ".jj", ".idea", ".gradle", ".terraform", ".tox", ".nox"),
        *("__pycache__", "node_modules", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
        *(".hypothesis", SHARDS),
    ]
)
ENVIRONMENT_MARK = "pyvenv.cfg"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file met on the walk. ``path`` is relative to the root, with forward slashes.

    An unreadable folder is an entry too, its path ending in a slash (and empty for the root):
    nothing below it may be taken for vanished. ``size`` is in bytes, as it was met.
    """

    path: str
    reason: Reason | None = None
    size: int = 0

    @property
    def is_folder(self) -> bool:
        """Whether this is a folder that could not be listed."""
        return self.path == "" or self.path.endswith("/")


def walk(root: Path) -> Iterator[Entry]:
    """Entries below ``root`` in a fixed order, depth first."""
    # A stack of its own: folders can be nested deeper than Python recurses.
    stack = [_listing(root, root, ignores_above(root))]
    while stack:
        step = next(stack[-1], None)
        if step is None:
            stack.pop()
        elif isinstance(step, Entry):
            yield step
        else:
            folder, ignores = step
            stack.append(_listing(folder, root, ignores))


def single_file(path: Path, root: Path) -> Entry:
    """The entry of a file that was asked for by name; ignore files have no say in that."""
    return _entry(os.fspath(path), root, _look(path))


def _listing(folder: Path, root: Path, ignores: Ignores) -> Iterator[Entry | tuple[Path, Ignores]]:
    """Files of one folder, and folders in it that are to be entered, by name."""
    try:
        with os.scandir(folder) as found:
            children = sorted(found, key=lambda child: child.name)
        names = {child.name for child in children}
        if ENVIRONMENT_MARK in names and folder != root:
            return
        ignores = ignores.entering(folder, names)
        kinds = [(child, child.is_dir(follow_symlinks=False)) for child in children]
    except OSError as error:
        below = folder.relative_to(root).as_posix()
        yield Entry("" if below == "." else _printable(below) + "/", _why(error))
        return
    for child, is_folder in kinds:
        if is_folder:
            if child.name not in NEVER_ENTERED and not ignores.match(child.path, folder=True):
                yield folder / child.name, ignores
        elif SHARDS not in names or not is_store_file(folder / child.name):
            reason, size = _look(child)
            if child.name == ".git" or ignores.match(child.path):  # a linked work tree's
                reason = Reason.IGNORED
            yield _entry(child.path, root, (reason, size))


def _look(file: Path | os.DirEntry[str]) -> tuple[Reason | None, int]:
    """What is wrong with the nature of a file, and its size."""
    try:
        found = file.stat(follow_symlinks=False)
    except OSError as error:
        return _why(error), 0
    if stat.S_ISLNK(found.st_mode):
        return Reason.SYMLINK, 0
    return (None, found.st_size) if stat.S_ISREG(found.st_mode) else (Reason.SPECIAL, 0)


def _why(error: OSError) -> Reason:
    """Why something that was listed cannot be looked at."""
    return Reason.VANISHED if isinstance(error, FileNotFoundError) else Reason.UNREADABLE


def _entry(path: str, root: Path, looked: tuple[Reason | None, int]) -> Entry:
    reason, size = looked
    above = os.fspath(root)
    relative = path[len(above) :].lstrip(os.sep).replace(os.sep, "/")
    if reason is None and has_secret_name(path):
        reason = Reason.SECRET
    shown = _printable(relative)
    if reason is None and shown != relative:
        reason = Reason.UNDECODABLE  # a name that is no text cannot be kept in a payload
    if reason is None and _leads_out(relative):
        reason = Reason.UNSAFE_NAME
    return Entry(shown, reason, size)


def _leads_out(relative: str) -> bool:
    r"""Whether a reader on Windows would look outside the root: ``..\x``, ``C:x``."""
    if "\\" not in relative and ":" not in relative[:2]:
        return False
    foreign = PureWindowsPath(relative)
    return bool(foreign.anchor) or ".." in foreign.parts


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
