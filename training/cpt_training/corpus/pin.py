"""Fill in what a manifest's rows leave open, from the wheels that pip finds for their names."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from email.parser import HeaderParser
from pathlib import Path

from cpt_rag.errors import InvalidInputError
from cpt_training.corpus.excluded import normal_name
from cpt_training.corpus.fetch import download, sha256
from cpt_training.corpus.manifest import LICENCES, Manifest, Package

_HEAD = "packages = [\n"
_CLASSIFIERS = {
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0",
    "Historical Permission Notice and Disclaimer (HPND)": "HPND",
}
_SPELLINGS = {
    "mit license": "MIT",
    "the mit license": "MIT",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd-3": "BSD-3-Clause",
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
}


def pin(package: Package, cache: Path) -> Package:
    """The row with the version, hash and licence of the wheel, which stays in the cache."""
    archives = cache / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    wanted = f"{package.name}=={package.version}" if package.version else package.name
    with tempfile.TemporaryDirectory(dir=archives) as scratch:
        arriving = Path(scratch) / "arriving"
        arriving.mkdir()
        wheel = download([wanted], arriving)
        version, licence = _metadata(wheel)
        digest = sha256(wheel)
        folder = archives / f"{normal_name(package.name)}-{version}"
        if not folder.exists():
            arriving.rename(folder)
    if package.sha256 not in ("", digest):
        raise InvalidInputError(
            f"{package.name} {version} has the sha256 {digest}.", expected=package.sha256
        )
    return replace(package, version=version, sha256=digest, licence=package.licence or licence)


def write_pinned(manifest: Manifest, packages: Iterable[Package]) -> None:
    """Rewrite the manifest's rows; what stands before them is kept."""
    before, found, _ = manifest.path.read_text(encoding="utf-8").partition(_HEAD)
    if not found:
        raise InvalidInputError(
            f"{manifest.path.name} has no line {_HEAD.strip()!r}.",
            expected="one inline table for each package, on a line of its own",
        )
    rows = "".join(f"  {{ {_row(package)} }},\n" for package in packages)
    manifest.path.write_text(f"{before}{_HEAD}{rows}]\n", encoding="utf-8")


def _row(package: Package) -> str:
    fields = ("name", "version", "split", "family", "licence", "sha256")
    values = ((field, getattr(package, field)) for field in fields)
    return ", ".join(
        f'{field} = "{value}"'
        for field, value in values
        if value and not (field == "family" and value == normal_name(package.name))
    )


def _metadata(wheel: Path) -> tuple[str, str]:
    with zipfile.ZipFile(wheel) as opened:
        path = next(n for n in opened.namelist() if n.endswith(".dist-info/METADATA"))
        headers = HeaderParser().parsestr(opened.read(path).decode("utf-8", "replace"))
    expression = (headers["License-Expression"] or "").strip()
    stated = (headers["License"] or "").strip()
    classifiers = headers.get_all("Classifier") or []
    names = {c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License :: OSI")}
    return headers["Version"], licence_of(expression, stated, names)


def licence_of(expression: str, stated: str, classifiers: Iterable[str]) -> str:
    """One permissive SPDX identifier that holds for the whole package, or an empty text."""
    if expression:
        # Of a choice any may be taken; of a sum every part must be permissive.
        for choice in expression.replace("(", "").replace(")", "").split(" OR "):
            parts = choice.strip().split(" AND ")
            if all(part.strip() in LICENCES for part in parts):
                return parts[0].strip()
        return ""
    named = {_CLASSIFIERS.get(name, "") for name in classifiers}
    if "" in named or len(named) > 1:
        return ""
    if stated in LICENCES:
        return stated
    return _SPELLINGS.get(stated.lower(), named.pop() if named else "")
