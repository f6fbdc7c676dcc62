"""Fill in what a manifest's rows leave open, from the archives found for their names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from email.parser import HeaderParser
from pathlib import Path

from cpt_rag.errors import InvalidInputError
from cpt_training.corpus.archive import members
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
    """The row with the version, hash and licence of its archive, which stays in the cache."""
    archive, version = download(package, cache)
    digest = sha256(archive)
    if package.sha256 not in ("", digest):
        raise InvalidInputError(
            f"{package.name} {version} has the sha256 {digest}.", expected=package.sha256
        )
    licence = package.licence or _licence(archive, package.source)
    return replace(package, version=version, sha256=digest, licence=licence)


def write_pinned(manifest: Manifest, packages: Iterable[Package]) -> None:
    """Rewrite the manifest's rows; what stands before them is kept."""
    before, found, _ = manifest.path.read_text(encoding="utf-8").partition(_HEAD)
    if not found:
        raise InvalidInputError(
            f"{manifest.path.name} has no line {_HEAD.strip()!r}.",
            expected="one inline table for each package, on a line of its own",
        )
    source = re.search(r'^source = "(\w+)"', before, re.MULTILINE)
    default = source[1] if source else "wheel"
    rows = "".join(f"  {{ {_row(package, default)} }},\n" for package in packages)
    manifest.path.write_text(f"{before}{_HEAD}{rows}]\n", encoding="utf-8")


def _row(package: Package, source: str) -> str:
    fields = ("name", "source", "version", "split", "family", "licence", "sha256")
    understood = {"family": normal_name(package.name), "source": source}
    values = ((field, getattr(package, field)) for field in fields)
    return ", ".join(
        f'{field} = "{value}"'
        for field, value in values
        if value and value != understood.get(field)
    )


def _licence(archive: Path, source: str) -> str:
    """What the archive says of its own licence; Debian's copyright files are read by a person."""
    if source == "npm":
        found = members(archive, lambda path: path == "package.json")
        stated = json.loads(found[0][1])["license"] if found else ""
        return stated if stated in LICENCES else ""
    ending = ".dist-info/METADATA" if source == "wheel" else "PKG-INFO"
    found = members(archive, lambda path: path.endswith(ending) and path.count("/") < 2)
    if source in ("debian", "deb") or not found:
        return ""
    headers = HeaderParser().parsestr(found[0][1].decode("utf-8", "replace"))
    expression = (headers["License-Expression"] or "").strip()
    stated = (headers["License"] or "").strip()
    classifiers = headers.get_all("Classifier") or []
    names = {c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License :: OSI")}
    return licence_of(expression, stated, names)


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
