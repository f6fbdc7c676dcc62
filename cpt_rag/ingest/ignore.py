"""Ignore files: which paths below a folder they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

IGNORE_FILES = (".gitignore", ".cptignore")


@dataclass(frozen=True, slots=True)
class Ignores:
    """The ignore files that apply in one folder, outermost first."""

    levels: tuple[tuple[Path, GitIgnoreSpec], ...] = ()

    def entering(self, folder: Path) -> Ignores:
        """With the folder's own ignore files."""
        levels = list(self.levels)
        for name in IGNORE_FILES:
            try:
                lines = (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:
                continue
            levels.append((folder, _spec(lines)))
        return Ignores(tuple(levels))

    def match(self, path: Path, *, folder: bool = False) -> bool:
        """The innermost file that has a rule for ``path`` decides, as in git."""
        for base, spec in reversed(self.levels):
            relative = path.relative_to(base).as_posix() + ("/" if folder else "")
            verdict = spec.check_file(relative).include
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
        try:
            if (folder / ".git").exists():
                return folders
        except OSError:
            break
    return []


def _spec(lines: Sequence[str]) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        # Git passes over a line that is no pattern, and so do we.
        return GitIgnoreSpec.from_lines(line for line in lines if _is_pattern(line))


def _is_pattern(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
