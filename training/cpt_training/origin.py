"""What something was made from: the bytes of files, the commit of the code."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable
from pathlib import Path


def name_of(*made_from: object) -> str:
    """A short name that changes with anything that JSON can say of ``made_from``."""
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:16]


def files_hash(files: Iterable[Path]) -> str:
    """sha256 over the names and bytes of files, in the order given."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0")
        with path.open("rb") as content:
            while block := content.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def commit(folder: Path) -> str | None:
    """The commit of the checkout that holds ``folder``, marked where files differ from it."""
    try:
        head = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{head} with changes" if changed else head


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - fixed words
        ["git", "-C", str(folder), "--no-optional-locks", *arguments],  # noqa: S607 - git of PATH
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return done.stdout.strip()
