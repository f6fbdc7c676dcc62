"""Wheels and source distributions from the package index that pip is configured for."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path

import httpx2
from unearth import PackageFinder, TargetPython

from cpt_training.corpus.fetch.errors import FetchError, VanishedError

# About other releases' malformed metadata, of which an index is full.
warnings.filterwarnings("ignore", category=FutureWarning, module="unearth")

_DEFAULT_INDEX = "https://pypi.org/simple/"
# The same wheel on every machine, whichever Python runs the build.
_ANY_MACHINE = TargetPython(py_ver=(3, 12), platforms=["any"], impl="py", abis=["none"])


def download_wheel(name: str, version: str, folder: Path, _: Path) -> str:
    """The pure-Python wheel of a release."""
    return _download(_finder("wheel"), name, version, folder)


def download_sdist(name: str, version: str, folder: Path, _: Path) -> str:
    """The source distribution of a release, as a file: nothing is built or run."""
    return _download(_finder("sdist"), name, version, folder)


def _download(finder: PackageFinder, name: str, version: str, folder: Path) -> str:
    wanted = f"{name}=={version}" if version else name
    try:
        found = finder.find_best_match(wanted, allow_prereleases=bool(version)).best
        if found is None:
            raise VanishedError(
                f"The package index has no suitable file of {wanted}.",
                expected="the release that the manifest names",
            )
        with finder.session.get_stream(found.link.normalized) as answer:
            answer.raise_for_status()
            with (folder / found.link.filename).open("wb") as file:
                for block in answer.iter_bytes(1 << 20):
                    file.write(block)
            return str(found.version)
    except (OSError, httpx2.HTTPError) as error:
        raise FetchError(
            f"{wanted} could not be downloaded: {error}",
            expected="an answer of the package index that pip is configured for",
            remedy="Check the network and pip's configuration, then run the same command again.",
        ) from error


@cache
def _finder(form: str) -> PackageFinder:
    return PackageFinder(
        index_urls=[_index()],
        target_python=_ANY_MACHINE,
        only_binary=[":all:"] if form == "wheel" else [],
        no_binary=[":all:"] if form == "sdist" else [],
    )


def _index() -> str:
    """The index that pip asks, so that a mirror is set in one place."""
    named = os.environ.get("PIP_INDEX_URL")
    if not named:
        command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        named = done.stdout.strip() if done.returncode == 0 else ""
    return named or _DEFAULT_INDEX
