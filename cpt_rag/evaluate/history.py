"""What the history of a folder changed, read from git without touching anything."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOST_COMMITS = 5000
_SECONDS = 120
_MARK = b"\x01"
# A hook that runs this command would point git at another repository than the folder's own.
_ELSEWHERE = frozenset(
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_INDEX_FILE"]
)
_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
# Nothing is fetched (partial clones), run (signatures, monitors, diff tools) or coloured, whatever
# this user's configuration says.
_GIT = [
    *("git", "--no-pager", "-c", "protocol.allow=never", "-c", "core.fsmonitor=false"),
    *("-c", "log.showSignature=false"),
]
_LOG = [
    *("log", "--no-merges", "--no-color", "--no-ext-diff", "--no-notes", "--no-follow"),
    *("--encoding=UTF-8", "--full-diff", "--no-relative", "--name-status", "-z"),
    # Equal contents alone: those are told by their ids, without reading a file of the past.
    *("--find-renames=100%", f"--format=tformat:{_MARK.decode()}%H %s"),
]


@dataclass(frozen=True, slots=True)
class Change:
    """One changed file. ``old`` is where it was before, for a file that was only moved.

    Paths are relative to the folder asked about; those of its repository that lie outside of it
    begin with a slash.
    """

    path: str
    old: str | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """The first line of a commit's message, all that it changed, and git's name for it."""

    subject: str
    changes: tuple[Change, ...]
    id: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Commits that changed a folder, newest first; ``missing`` says why there is none."""

    commits: tuple[Commit, ...] = ()
    missing: str = ""


def read_history(folder: Path, most: int = MOST_COMMITS) -> History:
    """The newest commits, without merges, that changed anything in ``folder``.

    Args:
        folder: the top of a repository or any folder in it.
        most: commits to read at most.
    """
    try:
        where = run_git(folder, ["rev-parse", "--show-prefix"])
        if where.returncode:
            return History(missing=_complaint(where.stderr))
        prefix = _text(where.stdout.removesuffix(b"\n"))
        log = run_git(folder, [*_LOG, "-n", str(most), "--", "."])
    except FileNotFoundError:
        return History(missing="git is not installed")
    except (OSError, subprocess.TimeoutExpired) as error:
        return History(missing=f"git cannot be run here: {error}")
    # Where git stops halfway (a damaged or partial clone), what it printed before still holds.
    commits = tuple(_commits(log.stdout, prefix))
    return History(commits, "" if commits else _complaint(log.stderr))


def run_git(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    """What git says of a folder, whatever its exit status.

    Nothing is fetched, run or coloured, whatever this user's configuration says.

    Raises:
        FileNotFoundError: git is not installed.
        OSError: it cannot be run.
        subprocess.TimeoutExpired: it takes longer than two minutes.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    command = [*_GIT, "-C", str(folder), *arguments]
    return subprocess.run(  # noqa: S603  (no shell, and the folder is an argument of its own)
        command,
        env=environment | _QUIET,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=_SECONDS,
    )


def _commits(output: bytes, prefix: str) -> Iterator[Commit]:
    """Fields end with NUL: mark, id and subject, then for each file its status and its names."""
    subject: str | None = None
    id_ = ""
    changes: list[Change] = []
    fields = iter(output.split(b"\0"))
    for field in fields:
        status = field.removeprefix(b"\n")
        if status.startswith(_MARK):
            if subject is not None:
                yield Commit(subject, tuple(changes), id_)
            id_, _, subject = status.removeprefix(_MARK).decode("utf-8", "replace").partition(" ")
            changes = []
        elif status[:1] in (b"R", b"C"):
            old, new = next(fields, b""), next(fields, b"")
            changes.append(Change(_inside(new, prefix), _inside(old, prefix)))
        elif status:
            changes.append(Change(_inside(next(fields, b""), prefix)))
    if subject is not None:
        yield Commit(subject, tuple(changes), id_)


def _inside(name: bytes, prefix: str) -> str:
    path = _text(name)
    return path[len(prefix) :] if path.startswith(prefix) else f"/{path}"


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _complaint(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    if not lines or "not a git repository" in lines[0] or "does not have any commits" in lines[0]:
        return "there is no git history"
    return f"git says: {lines[0]}"
