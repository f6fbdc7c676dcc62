"""Files on disk, and commands that bring them."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cpt_training.corpus.fetch.errors import FetchError


def sha256(path: Path) -> str:
    """The file's hash in hexadecimal digits."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def only_file(folder: Path) -> Path | None:
    """The one file in a folder, None where there is none or more."""
    files = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    return files[0] if len(files) == 1 else None


def run(command: Sequence[str], folder: Path, *, what: str) -> str:
    """Standard error and output of a command that must succeed.

    Raises:
        FetchError: it is not on this machine, or it failed.
    """
    try:
        done = subprocess.run(  # noqa: S603 - names and versions come from a checked manifest
            command, cwd=folder, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise FetchError(
            f"{what} asks for {command[0]}, which is not on this machine.",
            expected=f"{command[0]} on the path",
            remedy="Install it, or build a manifest that does without it, such as python.",
        ) from error
    said = f"{done.stderr.strip()}\n{done.stdout.strip()}".strip()
    if done.returncode:
        raise FetchError(
            f"{command[0]} failed for {what}:\n{said}",
            expected="a download",
            remedy=f"Check the network and {command[0]}'s configuration, then run it again.",
        )
    return said
