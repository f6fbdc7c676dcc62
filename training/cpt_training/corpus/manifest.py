"""A corpus manifest: which packages, in which version and under which licence, for which split."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpt_rag.errors import InvalidInputError
from cpt_training.corpus.excluded import normal_name, reason_excluded
from cpt_training.pairs import MINERS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHIPPED = Path(__file__).parent.parent / "corpora"
# Held-out splits come first: what they hold is kept out of the ones after them.
SPLITS = ("test", "validation", "train")
_PERMISSIVE = """MIT MIT-0 MIT-CMU BSD-2-Clause BSD-3-Clause 0BSD Apache-2.0 ISC PSF-2.0 Python-2.0
    HPND Zlib Unlicense"""
LICENCES = frozenset(_PERMISSIVE.split())


@dataclass(frozen=True, slots=True)
class Package:
    """One row of a manifest; ``version``, ``licence`` and ``sha256`` are empty until pinned.

    ``family`` names the packages of one author or organisation, which share a split.
    """

    name: str
    split: str
    family: str
    version: str = ""
    licence: str = ""
    sha256: str = ""

    @property
    def pinned(self) -> bool:
        """Whether the row says exactly which file it means."""
        return bool(self.version and self.licence and self.sha256)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A corpus to be: the kinds of pair and the packages they are mined from."""

    name: str
    path: Path
    kinds: tuple[str, ...]
    packages: tuple[Package, ...]

    @property
    def digest(self) -> str:
        """sha256 of the manifest and its sidecar: what a built corpus was made from."""
        files = (self.path, self.sidecar)
        return hashlib.sha256(b"".join(p.read_bytes() for p in files if p.is_file())).hexdigest()

    @property
    def sidecar(self) -> Path:
        """The ids of pairs that resemble a text of the evaluation, one on each line."""
        return self.path.with_suffix(".excluded.txt")


def find_manifest(name_or_path: str) -> Path:
    """The path of a shipped manifest by name, or of any by path."""
    path = SHIPPED / f"{name_or_path}.toml"
    if re.fullmatch(r"[\w-]+", name_or_path) and path.is_file():
        return path
    if Path(name_or_path).is_file():
        return Path(name_or_path)
    shipped = ", ".join(sorted(path.stem for path in SHIPPED.glob("*.toml")))
    raise InvalidInputError(
        f"No corpus manifest {name_or_path!r}.",
        expected=f"a path to a TOML file, or one of: {shipped}",
    )


def load_manifest(path: Path, *, pinned: bool = True) -> Manifest:
    """Read and check a manifest; ``pinned=False`` admits rows that are still to be pinned."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(
            f"{path.name} is not valid TOML: {error}.", expected="kinds = [...], packages = [...]"
        ) from error
    kinds = tuple(content.get("kinds", MINERS))
    unknown = sorted(set(kinds) - set(MINERS))
    if unknown:
        raise InvalidInputError(
            f"{path.name} asks for unknown kinds of pair: {', '.join(unknown)}.",
            expected=f"some of: {', '.join(MINERS)}",
        )
    packages = tuple(_package(row, path.name) for row in content.get("packages", ()))
    manifest = Manifest(path.stem, path, kinds, packages)
    _check(manifest, pinned=pinned)
    return manifest


def _package(row: Mapping[str, Any], file: str) -> Package:
    known = {"name", "split", "family", "version", "licence", "sha256"}
    name = row.get("name")
    if not isinstance(name, str) or set(row) - known:
        raise InvalidInputError(
            f"A row of {file} cannot be read: {dict(row)}.",
            expected=f"a name, and of the rest only: {', '.join(sorted(known - {'name'}))}",
        )
    values = {key: str(value) for key, value in row.items()}
    return Package(**{"split": "train", "family": normal_name(name), **values})


def _check(manifest: Manifest, *, pinned: bool) -> None:
    file = manifest.path.name
    split_of: dict[str, Package] = {}
    names: set[str] = set()
    for package in manifest.packages:
        _check_package(package, file)
        if pinned and not package.pinned:
            raise InvalidInputError(
                f"{package.name} in {file} lacks a version, licence or sha256.",
                remedy=f"python -m cpt_training.corpus pin {file}",
            )
        if normal_name(package.name) in names:
            raise InvalidInputError(f"{package.name} stands twice in {file}.")
        names.add(normal_name(package.name))
        relative = split_of.setdefault(package.family, package)
        if relative.split != package.split:
            raise InvalidInputError(
                f"{relative.name} ({relative.split}) and {package.name} ({package.split}) are both "
                f"of the family {package.family!r} in {file}.",
                expected="all packages of one author or organisation in one split",
            )


def _check_package(package: Package, file: str) -> None:
    reason = reason_excluded(package.name) or reason_excluded(package.family)
    if reason:
        raise InvalidInputError(
            f"{package.name} in {file} is never trained on: {reason}.",
            expected="no package that the models are measured on",
            remedy="Take the row out.",
        )
    if package.split not in SPLITS:
        raise InvalidInputError(
            f"{package.name} in {file} has the split {package.split!r}.",
            expected=f"one of: {', '.join(SPLITS)}",
        )
    if package.licence and package.licence not in LICENCES:
        raise InvalidInputError(
            f"{package.name} in {file} is under {package.licence!r}.",
            expected=f"a permissive licence: {', '.join(sorted(LICENCES))}",
            remedy="Take the row out.",
        )
    if package.sha256 and not re.fullmatch(r"[0-9a-f]{64}", package.sha256):
        raise InvalidInputError(
            f"{package.name} in {file} has the sha256 {package.sha256!r}.",
            expected="64 hexadecimal digits",
        )
