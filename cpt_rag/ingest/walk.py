"""Every file below a folder, and why a file is left out.

Version-control folders, caches, virtual environments, stores of our own and folders that an ignore
file names are not entered; every file met elsewhere is yielded, with a reason where it is not to be
read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pathspec import GitIgnoreSpec

from cpt_rag.qdrant import SHARDS

IGNORE_FILES = (".gitignore", ".cptignore")
NEVER_ENTERED = frozenset(
    [
        *(".git", ".hg", ".svn", ".jj", ".idea", ".gradle", ".terraform", ".tox", ".nox"),
        *("__pycache__", "node_modules", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
        ".hypothesis",
    ]
)
SECRETS = GitIgnoreSpec.from_lines(
    [
        *(".env", ".env.*", "!.env.example", "!.env.sample", "!.env.template"),
        *("*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk"),
        *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".git-credentials", ".htpasswd"),
        *(".netrc", "_netrc", ".pypirc", ".npmrc", ".pgpass", ".dockercfg"),
        *("credentials", "credentials.json", "service-account*.json"),
    ]
)


class Reason(str, Enum):
    """Why a walked file is not in the collection."""

    BINARY = "binary"
    TOO_LARGE = "too_large"
    UNDECODABLE = "undecodable"
    IGNORED = "ignored"
    UNREADABLE = "unreadable"
    SECRET = "secret"  # noqa: S105  (a reason, not a password)
    SYMLINK = "symlink"
    SPECIAL = "special"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file met on the walk. ``path`` is relative to the root, with forward slashes.

    An unreadable folder is an entry too, its path ending in a slash (and empty for the root):
    nothing below it may be taken for vanished.
    """

    path: str
    reason: Reason | None = None

    @property
    def is_folder(self) -> bool:
        """Whether this is a folder that could not be listed."""
        return self.path == "" or self.path.endswith("/")


@dataclass(frozen=True, slots=True)
class _Ignores:
    """The ignore files that apply in one folder, outermost first."""

    levels: tuple[tuple[Path, GitIgnoreSpec], ...] = ()

    def entering(self, folder: Path) -> _Ignores:
        """With the folder's own ignore files."""
        levels = list(self.levels)
        for name in IGNORE_FILES:
            try:
                lines = (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:
                continue
            levels.append((folder, GitIgnoreSpec.from_lines(lines)))
        return _Ignores(tuple(levels))

    def match(self, path: Path, *, folder: bool = False) -> bool:
        """The innermost file that has a rule for ``path`` decides, as in git."""
        for base, spec in reversed(self.levels):
            relative = path.relative_to(base).as_posix() + ("/" if folder else "")
            verdict = spec.check_file(relative).include
            if verdict is not None:
                return verdict
        return False


def walk(root: Path) -> Iterator[Entry]:
    """Entries below ``root`` in a fixed order, depth first."""
    yield from _walk(root, root, _above(root).entering(root))


def _walk(folder: Path, root: Path, ignores: _Ignores) -> Iterator[Entry]:
    try:
        with os.scandir(folder) as found:
            children: Sequence[os.DirEntry[str]] = sorted(found, key=lambda entry: entry.name)
    except OSError:
        below = folder.relative_to(root).as_posix()
        yield Entry("" if below == "." else below + "/", Reason.UNREADABLE)
        return
    for child in children:
        path = Path(child.path)
        if child.is_dir(follow_symlinks=False):
            if _entered(path) and not ignores.match(path, folder=True):
                yield from _walk(path, root, ignores.entering(path))
        else:
            yield Entry(path.relative_to(root).as_posix(), _reason(child, ignores))


def _reason(child: os.DirEntry[str], ignores: _Ignores) -> Reason | None:
    path = Path(child.path)
    if ignores.match(path):
        return Reason.IGNORED
    if child.is_symlink():
        return Reason.SYMLINK
    if not stat.S_ISREG(child.stat(follow_symlinks=False).st_mode):
        return Reason.SPECIAL
    if SECRETS.match_file(child.name):
        return Reason.SECRET
    return None


def _entered(folder: Path) -> bool:
    if folder.name in NEVER_ENTERED:
        return False
    virtual_environment = (folder / "pyvenv.cfg").is_file()
    own_store = (folder / SHARDS).is_dir()
    return not virtual_environment and not own_store


def _above(root: Path) -> _Ignores:
    """Ignore files of the repository that ``root`` is a part of."""
    if (root / ".git").exists():
        return _Ignores()
    parents: list[Path] = []
    for parent in root.parents:
        parents.insert(0, parent)
        if (parent / ".git").exists():
            break
    else:
        return _Ignores()
    ignores = _Ignores()
    for parent in parents:
        ignores = ignores.entering(parent)
    # A folder named on the command line is wanted, whatever the repository ignores: its installed
    # packages, say. Inside it, only rules that do not cover the whole folder apply.
    return _Ignores() if _covered(ignores, root, parents[0]) else ignores


def _covered(ignores: _Ignores, root: Path, top: Path) -> bool:
    return any(
        ignores.match(folder, folder=True)
        for folder in (root, *root.parents)
        if folder != top and folder.is_relative_to(top)
    )
