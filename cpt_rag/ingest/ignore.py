"""Which paths the ignore files in force name: git's, in git's order, and our own."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cpt_rag.ingest.gitfiles import MOST_BYTES, exclude_files, is_repository
from cpt_rag.ingest.patterns import Rules
from cpt_rag.ingest.regular import read_regular

OWN_FILE = ".cptignore"
IGNORE_FILES = (".gitignore", OWN_FILE)


@dataclass(frozen=True, slots=True)
class _Level:
    """One ignore file; ``base`` is the folder that its patterns start from, with a slash."""

    base: bytes
    rules: Rules
    own: bool


@dataclass(frozen=True, slots=True)
class Ignores:
    """The ignore files that apply in one folder, the weakest first."""

    levels: tuple[_Level, ...] = ()

    def entering(self, folder: Path, names: Collection[str] | None = None) -> Ignores:
        """With the folder's own ignore files.

        Git's rules end where a repository inside the repository begins; ours do not.

        Args:
            folder: an absolute path.
            names: what is in it, where that is known.
        """
        levels = self.levels
        if (names is None or ".git" in names) and is_repository(folder):
            levels = tuple(level for level in levels if level.own)
            for place in exclude_files(folder):
                levels += _levels(folder, place)
        for name in IGNORE_FILES:
            if names is None or name in names:
                levels += _levels(folder, folder / name)
        return Ignores(levels)

    def match(self, path: str | Path, *, folder: bool = False) -> bool:
        """Whether an absolute path is ignored: the strongest file with a rule for it decides."""
        if not self.levels:
            return False
        full = _slashed(path)
        for level in reversed(self.levels):
            verdict = level.rules.verdict(full[len(level.base) :], folder=folder)
            if verdict is not None:
                return verdict
        return False


def ignores_above(root: Path) -> Ignores:
    """Ignore files of the repository that ``root`` is a part of, without its own."""
    ignores = Ignores()
    folders = _repository(root)
    for folder in folders:
        ignores = ignores.entering(folder)
    # A folder named on the command line is wanted, whatever its repository ignores: its installed
    # packages, say. Then none of these rules applies inside it.
    inner = (root, *(f for f in root.parents if f in folders[1:]))
    covered = any(ignores.match(folder, folder=True) for folder in inner)
    return Ignores() if covered else ignores


def _repository(root: Path) -> list[Path]:
    """Folders from the top of a repository to above ``root``; none where it has none."""
    folders: list[Path] = []
    for folder in (root, *root.parents):
        if folder != root:
            folders.insert(0, folder)
        if is_repository(folder):
            return folders
    return []


def _levels(folder: Path, place: Path) -> tuple[_Level, ...]:
    rules = Rules(b"")
    with suppress(OSError):
        rules = Rules(read_regular(place, MOST_BYTES))
    base = _slashed(folder).rstrip(b"/") + b"/"
    return (_Level(base, rules, own=place.name == OWN_FILE),) if rules else ()


def _slashed(path: str | Path) -> bytes:
    encoded = os.fsencode(path)
    return encoded.replace(b"\\", b"/") if os.sep == "\\" else encoded
