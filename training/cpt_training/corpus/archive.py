"""The members of a package's archive, read in memory: nothing is unpacked or run."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from cpt_rag.errors import InvalidInputError

LARGEST_FILE = 2_000_000
MOST_BYTES = 400_000_000


def members(archive: Path, wanted: Callable[[str], bool]) -> list[tuple[str, bytes]]:
    """Path and content of the wanted files, in order of path.

    Paths lack the one folder in which all files of a source archive stand. Files so large that
    they can only be data are left out.

    Args:
        archive: a wheel, a tar archive of any compression that Python reads, or a ``.deb``.
        wanted: by a file's path; asked before its content is read.

    Raises:
        InvalidInputError: a path leads out of the archive, or it is no archive, or one of more
            wanted bytes than a package of sources has.
    """
    opened = _zip if archive.suffix in (".whl", ".zip") else _tar
    if archive.suffix == ".deb":
        opened = _deb
    found: list[tuple[str, bytes]] = []
    size = 0
    try:
        for path, content in opened(archive, wanted):
            found.append((path, content))
            size += len(content)
            if size > MOST_BYTES:
                raise InvalidInputError(
                    f"{archive.name} unpacks to more than {MOST_BYTES:,} bytes of sources.",
                    expected="a package of source files",
                    remedy="Take its row out of the manifest.",
                )
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise InvalidInputError(
            f"{archive.name} cannot be read: {error}.",
            expected="a wheel or a tar archive",
            remedy="Delete the file and run again.",
        ) from error
    return sorted(found)


def _zip(archive: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            _check(info.filename, archive)
            if wanted(info.filename) and info.file_size <= LARGEST_FILE:
                yield info.filename, opened.read(info)


def _deb(archive: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """The installed files of a Debian package, which is an ``ar`` archive of tar archives."""
    with archive.open("rb") as file:
        if file.read(8) != b"!<arch>\n":
            raise tarfile.ReadError("no Debian package")
        while header := file.read(60):
            size = int(header[48:58])
            if header.startswith(b"data.tar"):
                yield from _tar(archive, wanted, BytesIO(file.read(size)))
                return
            file.seek(size + size % 2, 1)
    raise tarfile.ReadError("a Debian package without files")


def _tar(
    archive: Path, wanted: Callable[[str], bool], content: BinaryIO | None = None
) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive, fileobj=content) as opened:
        names = [(member, _check(member.name, archive)) for member in opened]
        tops = {path.parts[:1] for member, path in names if member.isfile()}
        whole = len(tops) > 1 or any(m.isfile() and len(path.parts) == 1 for m, path in names)
        for member, path in names:
            inner = str(path if whole else PurePosixPath(*path.parts[1:]))
            if member.isfile() and member.size <= LARGEST_FILE and wanted(inner):
                file = opened.extractfile(member)
                assert file is not None
                yield inner, file.read()


def _check(name: str, archive: Path) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    drive = bool(path.parts) and path.parts[0].endswith(":")
    if path.is_absolute() or drive or ".." in path.parts:
        raise InvalidInputError(
            f"{archive.name} holds a member named {name!r}.",
            expected="only paths inside the archive",
            remedy="Do not use this file: it was made to write elsewhere.",
        )
    return path
