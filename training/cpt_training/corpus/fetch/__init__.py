"""Bring the files that a manifest names into the cache and hold them to their hashes.

Each package manager serves one kind of file and runs nothing of what it serves:
``wheel`` and ``sdist`` from the Python package index, ``npm`` tarballs, ``debian`` sources, and
``deb``, binary packages of Debian.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from cpt_rag.errors import InvalidInputError
from cpt_training.corpus.fetch import debian, npm, pypi
from cpt_training.corpus.fetch.errors import FetchError, VanishedError
from cpt_training.corpus.fetch.files import only_file, sha256
from cpt_training.corpus.manifest import Package

__all__ = ["FetchError", "VanishedError", "download", "fetch", "sha256"]

# name, version ("" for the newest), an empty folder for the file, one that stays -> its version
Download = Callable[[str, str, Path, Path], str]

_DOWNLOADS: Mapping[str, Download] = MappingProxyType(
    {
        "wheel": pypi.download_wheel,
        "sdist": pypi.download_sdist,
        "npm": npm.download,
        "debian": debian.download_source,
        "deb": debian.download_binary,
    }
)


def fetch(package: Package, cache: Path) -> Path:
    """The package's archive in the cache, downloaded only where it is not there yet.

    Raises:
        VanishedError: the package manager has this version no more.
        FetchError: it could not be reached, or is not on this machine.
        InvalidInputError: the file is not the one that the manifest means.
    """
    archive = only_file(cache / package.folder)
    if archive is None:
        archive, _ = download(package, cache)
    found = sha256(archive)
    if found != package.sha256:
        raise InvalidInputError(
            f"{package.name} {package.version} has the sha256 {found} ({archive}).",
            expected=f"{package.sha256}, as the manifest says",
            remedy="Delete that file and run again; if it stays so, do not use the package.",
        )
    return archive


def download(package: Package, cache: Path) -> tuple[Path, str]:
    """The package's file in the cache, not yet verified, and its version.

    A package without a version is the newest one.
    """
    archives = cache / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archives) as scratch:
        arriving = Path(scratch) / "arriving"
        arriving.mkdir()
        serve = _DOWNLOADS[package.source]
        version = serve(package.name, package.version, arriving, archives)
        archive = only_file(arriving)
        if archive is None:
            names = ", ".join(sorted(path.name for path in arriving.iterdir())) or "nothing"
            raise FetchError(f"{package.name} came as {names}.", expected="one archive")
        folder = cache / replace(package, version=version).folder
        if only_file(folder) is None:
            folder.parent.mkdir(parents=True, exist_ok=True)
            arriving.rename(folder)
        return folder / archive.name, version
