"""The source files of a wheel or an sdist, read in memory: nothing is unpacked or run."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from cpt_rag.errors import InvalidInputError

LARGEST_FILE = 2_000_000


def sources(archive: Path, suffix: str = ".py") -> Iterator[tuple[str, str]]:
    """Yield path and text of every file that ends with ``suffix``, in order of path.

    Files that are no UTF-8, or so large that they can only be data, are left out.
    """
    for path, content in sorted(_members(archive, suffix)):
        try:
            yield path, content.decode("utf-8-sig")
        except UnicodeDecodeError:
            continue


def _members(archive: Path, suffix: str) -> Iterator[tuple[str, bytes]]:
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as opened:
            for info in opened.infolist():
                _check(info.filename, archive)
                if info.filename.endswith(suffix) and info.file_size <= LARGEST_FILE:
                    yield info.filename, opened.read(info)
        return
    with tarfile.open(archive) as opened_tar:
        for member in opened_tar:
            _check(member.name, archive)
            if member.isfile() and member.name.endswith(suffix) and member.size <= LARGEST_FILE:
                file = opened_tar.extractfile(member)
                assert file is not None
                # The first folder of an sdist is its name and version.
                yield member.name.partition("/")[2], file.read()


def _check(name: str, archive: Path) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    drive = bool(path.parts) and path.parts[0].endswith(":")
    if path.is_absolute() or drive or ".." in path.parts:
        raise InvalidInputError(
            f"{archive.name} holds a member named {name!r}.",
            expected="only paths inside the archive",
            remedy="Do not use this file: it was made to write elsewhere.",
        )
