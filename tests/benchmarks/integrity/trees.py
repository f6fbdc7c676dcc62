"""Folders of real code that change as people change them, the same way for the same seed."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parents[3]
PARTS = ("cpt_rag", "training", "tests", "integrations", "examples", "docs")
KINDS = {".py", ".md", ".toml"}


def real_files() -> list[Path]:
    """Code and prose of this repository, in a fixed order."""
    found = (path for part in PARTS for path in (HERE / part).rglob("*") if path.suffix in KINDS)
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def plant(tree: Path, files: int, seed: int) -> None:
    """Copy some of the repository's files to ``tree``."""
    for path in random.Random(seed).sample(real_files(), files):
        target = tree / path.relative_to(HERE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


class Editor:
    """Adds, changes, renames and removes files below ``tree``, about ``files`` of them.

    Args:
        tree: a folder that ``plant`` has filled.
        files: how many there are to be, roughly.
        random_numbers: what decides.
    """

    def __init__(self, tree: Path, files: int, random_numbers: random.Random) -> None:
        self._tree = tree
        self._files = files
        self._random = random_numbers
        self._real = real_files()
        self._made = 0

    def edit(self, changes: int) -> None:
        """Make so many changes, of every kind."""
        for _ in range(changes):
            there = sorted(path for path in self._tree.rglob("*") if path.is_file())
            kinds = [self._change, self._change, self._rename, self._add, self._remove]
            if len(there) < self._files * 0.8:
                kinds = [self._add]
            elif len(there) > self._files * 1.2:
                kinds = [self._remove]
            self._random.choice(kinds)(self._random.choice(there))

    def _change(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) or ["\n"]
        start = self._random.randrange(len(lines))
        end = start + self._random.randrange(1, 30)
        other = self._random.choice(self._real).read_text(encoding="utf-8")
        taken = other.splitlines(keepends=True)[: self._random.randrange(20)]
        path.write_text("".join([*lines[:start], *taken, *lines[end:]]), encoding="utf-8")

    def _rename(self, path: Path) -> None:
        path.rename(self._fresh(path))

    def _add(self, path: Path) -> None:
        shutil.copyfile(self._random.choice(self._real), self._fresh(path))

    def _remove(self, path: Path) -> None:
        path.unlink()

    def _fresh(self, path: Path) -> Path:
        self._made += 1
        return path.with_name(f"new{self._made}{path.suffix}")
