"""Tarballs of the npm registry, by ``npm pack``, which runs no script of a registry package."""

from __future__ import annotations

import re
from pathlib import Path

from cpt_training.corpus.fetch.errors import FetchError, VanishedError
from cpt_training.corpus.fetch.files import run

_GONE = re.compile(r"code (?:E404|ETARGET|ENOVERSIONS)\b")


def download(name: str, version: str, folder: Path, _: Path) -> str:
    """The tarball of one version, or of the newest one."""
    wanted = f"{name}@{version or 'latest'}"
    command = ["npm", "pack", wanted, "--ignore-scripts", "--silent", "--loglevel=error"]
    try:
        run(command, folder, what=wanted)
    except FetchError as error:
        if _GONE.search(error.found):
            raise VanishedError(
                f"The npm registry has no {wanted}.", expected="the version of the manifest"
            ) from error
        raise
    tarball = next(folder.iterdir())
    return tarball.stem.removeprefix(name.removeprefix("@").replace("/", "-") + "-")
