"""A corpus manifest: which packages, in which version and under which licence, for which split."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpt_rag.errors import InvalidInputError
from cpt_training.corpus.excluded import normal_name, reason_excluded, reason_package_excluded
from cpt_training.pairs.registry import CORPUS_MINERS, DEFAULT_KINDS, KINDS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHIPPED = Path(__file__).parent.parent / "corpora"
# Held-out splits come first: what they hold is kept out of the ones after them.
SPLITS = ("test", "validation", "train")
SOURCES = ("wheel", "sdist", "npm", "debian", "deb")
_PYTHON_NAME = re.compile(r"[a-z\d]([\w.-]*[a-z\d])?", re.IGNORECASE | re.ASCII)
_PERMISSIVE = """MIT MIT-0 MIT-CMU BSD-2-Clause BSD-3-Clause 0BSD Apache-2.0 ISC PSF-2.0 Python-2.0
    HPND Zlib Unlicense BSL-1.0 CC0-1.0 curl X11"""
LICENCES = frozenset(_PERMISSIVE.split())


@dataclass(frozen=True, slots=True)
class Package:
    """One row of a manifest; ``version``, ``licence`` and ``sha256`` are empty until pinned.

    ``source`` says which package manager serves it, and in which form. ``family`` names the
    packages of one author or organisation, which share a split.
    """

    name: str
    source: str
    split: str
    family: str
    version: str = ""
    licence: str = ""
    sha256: str = ""

    @property
    def pinned(self) -> bool:
        """Whether the row says exactly which file it means."""
        return bool(self.version and self.licence and self.sha256)

    @property
    def folder(self) -> str:
        """Where in a cache its archive lies."""
        name = self.name.replace("/", "+")
        return f"archives/{self.source}/{name}-{self.version or 'newest'}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A corpus to be: the kinds of pair and the packages they are mined from."""

    name: str
    path: Path
    kinds: tuple[str, ...]
    packages: tuple[Package, ...]
    ports: tuple[tuple[str, ...], ...] = ()

    @property
    def digest(self) -> str:
        """sha256 of all that a built corpus was made from: kinds, packages, ports and sidecars."""
        rows = "".join(f"{row}\n" for row in (self.kinds, *self.packages, *self.ports))
        excluded = b"".join(path.read_bytes() for path in self.sidecars)
        return hashlib.sha256(rows.encode() + excluded).hexdigest()

    @property
    def sidecar(self) -> Path:
        """The ids of pairs that resemble a text of the evaluation, one on each line."""
        return self.path.with_suffix(".excluded.txt")

    @property
    def sidecars(self) -> list[Path]:
        """The manifest's own list; where it has none, all beside it: one may include another."""
        own = self.sidecar
        return [own] if own.is_file() else sorted(self.path.parent.glob("*.excluded.txt"))

    @property
    def published(self) -> Path:
        """The statistics of the corpus as it was built when the manifest was written."""
        return self.path.with_suffix(".statistics.json")


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
    """Read and check a manifest; ``pinned=False`` admits rows that are still to be pinned.

    A manifest has ``packages``, of its ``source`` where a row names no other, or it has
    ``include``, names of other manifests beside it, whose packages are its own; ``kinds`` are those
    of the shipped encoders where it names none. Each of its ``ports`` names packages that do the
    same in several languages, or one package that is written in several.
    """
    content = _read(path)
    kinds = tuple(content.get("kinds", DEFAULT_KINDS))
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise InvalidInputError(
            f"{path.name} asks for unknown kinds of pair: {', '.join(unknown)}.",
            expected=f"some of: {', '.join(KINDS)}",
        )
    packages: list[Package] = []
    for file, part in _parts(path, content):
        source = part.get("source", "wheel")
        packages += [_package({"source": source, **row}, file) for row in part["packages"]]
    manifest = Manifest(path.stem, path, kinds, tuple(packages), _ports(content, path.name))
    _check(manifest, pinned=pinned)
    return manifest


def _read(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(
            f"{path.name} is not valid TOML: {error}.",
            expected="packages = [...], or include = [...]",
        ) from error
    known = {"include", "kinds", "packages", "ports", "source"}
    if set(content) - known or ("packages" in content) == ("include" in content):
        raise InvalidInputError(
            f"{path.name} has the keys {', '.join(sorted(content)) or 'none'}.",
            expected="packages with their source, or include; kinds if not the usual ones are "
            "wanted, and ports for translations",
        )
    return content


def _parts(path: Path, content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The files that hold packages, and their content."""
    if "packages" in content:
        yield path.name, content
    for name in content.get("include", ()):
        beside = path.with_name(f"{name}.toml")
        if not beside.is_file():
            raise InvalidInputError(
                f"{path.name} includes {name!r}, and there is no {beside.name} beside it.",
                expected="names of manifests in the same folder",
            )
        part = _read(beside)
        if "packages" not in part or "ports" in part:
            raise InvalidInputError(
                f"{path.name} includes {beside.name}, which includes others in turn or has ports.",
                expected="manifests that have packages, and ports in the one that includes them",
            )
        yield beside.name, part


def _ports(content: Mapping[str, Any], file: str) -> tuple[tuple[str, ...], ...]:
    groups = content.get("ports", [])
    if not isinstance(groups, list) or not all(
        isinstance(group, list) and group and all(isinstance(name, str) for name in group)
        for group in groups
    ):
        raise InvalidInputError(
            f"The ports of {file} cannot be read: {groups!r}.",
            expected='lists of names of packages: ports = [["one", "the-same-in-go"]]',
        )
    return tuple(tuple(group) for group in groups)


def _package(row: Mapping[str, Any], file: str) -> Package:
    known = {"name", "source", "split", "family", "version", "licence", "sha256"}
    name = row.get("name")
    if not isinstance(name, str) or set(row) - known or row["source"] not in SOURCES:
        raise InvalidInputError(
            f"A row of {file} cannot be read: {dict(row)}.",
            expected=f"a name, and of the rest only: {', '.join(sorted(known - {'name'}))}; "
            f"a source of: {', '.join(SOURCES)}",
        )
    values = {key: str(value) for key, value in row.items()}
    return Package(**{"split": "train", "family": normal_name(name), **values})


def _check(manifest: Manifest, *, pinned: bool) -> None:
    file = manifest.path.name
    names: set[tuple[str, str]] = set()
    for package in manifest.packages:
        _check_package(package, file)
        if pinned and not package.pinned:
            raise InvalidInputError(
                f"{package.name} in {file} lacks a version, licence or sha256.",
                remedy=f"python -m cpt_training.corpus pin {file}",
            )
        key = (package.source, normal_name(package.name))
        if key in names:
            raise InvalidInputError(f"{package.name} stands twice in {file}.")
        names.add(key)
    _check_families(manifest.packages, file)
    _check_ports(manifest, file)


def _check_ports(manifest: Manifest, file: str) -> None:
    """Ports are packages of the manifest, all of a group in one split, and asked for."""
    split_of = {package.name: package.split for package in manifest.packages}
    for group in manifest.ports:
        splits = {
            split_of.get(name, "no split: it is no package of the manifest") for name in group
        }
        if len(splits) > 1 or not splits <= set(SPLITS):
            raise InvalidInputError(
                f"The ports {', '.join(group)} in {file} are of {' and '.join(sorted(splits))}.",
                expected="packages of the manifest, of one split",
            )
    translated = any(CORPUS_MINERS[kind].ports for kind in manifest.kinds if kind in CORPUS_MINERS)
    if translated != bool(manifest.ports):
        raise InvalidInputError(
            f"{file} has {len(manifest.ports)} groups of ports, and the kinds "
            f"{', '.join(manifest.kinds)}.",
            expected="ports where translation is among the kinds, and only there",
        )


def _check_families(packages: Sequence[Package], file: str) -> None:
    """No family, and no project that several package managers serve, is in two splits."""
    split_of: dict[str, Package] = {}
    for package in packages:
        for family in {package.family, normal_name(package.name)}:
            relative = split_of.setdefault(family, package)
            if relative.split != package.split:
                raise InvalidInputError(
                    f"{relative.name} ({relative.split}) and {package.name} ({package.split}) are "
                    f"both of the family {family!r} in {file}.",
                    expected="all packages of one author or organisation in one split",
                )


def _check_package(package: Package, file: str) -> None:
    reason = reason_package_excluded(package.name) or reason_excluded(package.family)
    if reason:
        raise InvalidInputError(
            f"{package.name} in {file} is never trained on: {reason}.",
            expected="no package that the models are measured on",
            remedy="Take the row out.",
        )
    if package.source in ("wheel", "sdist") and not _PYTHON_NAME.fullmatch(package.name):
        raise InvalidInputError(
            f"{package.name!r} in {file} is no name of the Python package index.",
            expected=f"letters, digits and . _ - where the source is {package.source!r}",
            remedy='say whose package it is, such as source = "npm"',
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
