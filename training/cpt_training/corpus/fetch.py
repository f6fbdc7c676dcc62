"""Bring the files that a manifest names into the cache, with pip, and hold them to their hashes."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cpt_rag.errors import CptRagError, InvalidInputError
from cpt_training.corpus.excluded import normal_name
from cpt_training.corpus.manifest import Package

# The same file on every machine, whichever Python runs the build.
PURE_WHEELS = (
    "--only-binary=:all:",
    "--platform=any",
    "--implementation=py",
    "--abi=none",
    "--python-version=3.12",
)


class FetchError(CptRagError):
    """A package could not be downloaded."""


def fetch(package: Package, cache: Path) -> Path:
    """The package's archive in the cache, downloaded only where it is not there yet."""
    folder = cache / "archives" / f"{normal_name(package.name)}-{package.version}"
    archive = _only_file(folder)
    if archive is None:
        requirement = f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n"
        with tempfile.TemporaryDirectory(dir=_made(cache / "archives")) as scratch:
            requirements = Path(scratch) / "requirements.txt"
            requirements.write_text(requirement, encoding="utf-8")
            arriving = _made(Path(scratch) / "arriving")
            try:
                download(["--require-hashes", "-r", str(requirements)], arriving)
            except FetchError as error:
                found = re.search(r"Got\s+([0-9a-f]{64})", error.found)
                if found:
                    raise _mismatch(package, found[1], "what pip found") from error
                raise
            arriving.rename(folder)
        archive = _only_file(folder)
        assert archive is not None
    found_hash = sha256(archive)
    if found_hash != package.sha256:
        raise _mismatch(package, found_hash, str(archive))
    return archive


def download(arguments: Sequence[str], folder: Path) -> Path:
    """Run ``pip download`` for one package's pure-Python wheel into an empty folder."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *PURE_WHEELS]
    done = subprocess.run(  # noqa: S603 - names and versions come from a checked manifest
        [*command, "--dest", str(folder), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    archive = _only_file(folder)
    if done.returncode or archive is None:
        raise FetchError(
            f"pip could not download {' '.join(arguments)}:\n{done.stderr.strip()}",
            expected="a pure-Python wheel on the package index that pip is configured for",
            remedy="Check the network and pip's configuration, then run the same command again.",
        )
    return archive


def sha256(path: Path) -> str:
    """The file's hash in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _mismatch(package: Package, found: str, where: str) -> InvalidInputError:
    return InvalidInputError(
        f"{package.name} {package.version} has the sha256 {found} ({where}).",
        expected=f"{package.sha256}, as the manifest says",
        remedy="Delete that file and run again; if it stays so, do not use the package.",
    )


def _only_file(folder: Path) -> Path | None:
    files = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    return files[0] if len(files) == 1 else None


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
