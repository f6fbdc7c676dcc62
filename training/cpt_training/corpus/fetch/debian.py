"""Debian packages, source or binary, by apt with an index of its own: no root, no change to apt's.

The index names the repositories that the machine's apt already uses, asked for sources. A release
of Debian keeps one version of a package, so that an old one is found on an old release only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from cpt_training.corpus.fetch.errors import FetchError, VanishedError
from cpt_training.corpus.fetch.files import run

_GONE = re.compile(
    r"Can not find version|Unable to (?:find a source|locate) package|Version .* was not found"
    r"|\b404  Not Found\b"
)
_ARCHIVE = re.compile(r"\.orig\.tar\.\w+$|^[^_]+_[^_-]+\.tar\.\w+$")
_VERSION = re.compile(r"^Version: (\S+)$", re.MULTILINE)
_TARGETS = "$(REPO_URI) $(RELEASE) $(COMPONENT)"


def download_source(name: str, version: str, folder: Path, archives: Path) -> str:
    """The upstream archive of a source package; Debian's own changes are left out."""
    options = _options(archives.parent / "apt")
    version = version or _newest(name, options)
    _bring([*options, "source", "--download-only", "--tar-only"], name, version, folder)
    # Some have their documentation in an archive of its own.
    for path in folder.iterdir():
        if not _ARCHIVE.search(path.name):
            path.unlink()
    return version


def download_binary(name: str, version: str, folder: Path, archives: Path) -> str:
    """A binary package: what a library for interpreted or generic code installs is its source."""
    _bring([*_options(archives.parent / "apt"), "download"], name, version, folder)
    found = next(folder.glob("*.deb"))
    return version or found.stem.split("_")[1].replace("%3a", ":")


def _bring(arguments: Sequence[str], name: str, version: str, folder: Path) -> None:
    wanted = f"{name}={version}" if version else name
    try:
        run(["apt-get", *arguments, wanted], folder, what=wanted)
    except FetchError as error:
        if _GONE.search(error.found):
            raise VanishedError(
                f"Debian's repositories on this machine have no {wanted}.",
                expected="the version of the manifest; Debian keeps no old ones",
            ) from error
        raise


def _newest(name: str, options: Sequence[str]) -> str:
    said = run(["apt-cache", *options, "showsrc", "--only-source", name], Path(), what=name)
    versions = _VERSION.findall(said)
    if not versions:
        raise VanishedError(f"Debian's repositories on this machine have no source of {name}.")
    return str(versions[0])


@cache
def _options(root: Path) -> tuple[str, ...]:
    """apt's options for a source index in ``root``, brought up to date once in a process."""
    for part in ("parts", "lists/partial", "cache/archives/partial"):
        (root / part).mkdir(parents=True, exist_ok=True)
    said = run(
        ["apt-get", "indextargets", "--format", _TARGETS, "Created-By: Packages"],
        root,
        what="Debian's repositories",
    )
    places = sorted({line for line in said.splitlines() if line.count(" ") == 2})
    lines = "".join(f"deb {place}\ndeb-src {place}\n" for place in places)
    (root / "sources.list").write_text(lines, encoding="utf-8")
    options = (
        f"-oDir::Etc::sourcelist={root / 'sources.list'}",
        f"-oDir::Etc::sourceparts={root / 'parts'}",
        f"-oDir::State::lists={root / 'lists'}",
        f"-oDir::Cache={root / 'cache'}",
        # Binary packages of one architecture, so that they are the same on every machine.
        "-oAPT::Architecture=amd64",
        "-oAPT::Architectures=amd64",
        "-oAPT::Sandbox::User=root",
    )
    run(["apt-get", *options, "update", "--quiet"], root, what="Debian's source index")
    return options
