"""Which folder, under which name, each path of an ingestion stands for."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cpt_rag.errors import InvalidInputError, RootConflictError
from cpt_rag.ingest.records import RootRecord


@dataclass(frozen=True, slots=True)
class Root:
    """A folder under its name in the collection; ``only`` narrows it to one of its files.

    ``among`` narrows it to several: to the collection there are no others in it.
    """

    name: str
    folder: Path
    only: str | None = None
    among: frozenset[str] | None = None


def resolve_roots(paths: Sequence[str | Path], name: str | None) -> list[Root]:
    """Turn command-line paths into roots.

    Raises:
        InvalidInputError: a path that does not exist, or ``name`` given for several paths.
        RootConflictError: two of the paths have one name.
    """
    if not paths:
        raise InvalidInputError("No path was given.", expected="at least one file or folder")
    if name is not None and len(paths) > 1:
        raise InvalidInputError(
            f"One name, {name!r}, for {len(paths)} paths.",
            expected="a name for a single path",
            remedy="ingest the paths one at a time, each with its --as NAME",
        )
    if name is not None and (not name.strip() or not name.isprintable() or "/" in name):
        raise InvalidInputError(
            f"A folder cannot be called {name!r}.",
            expected="a name of printable characters, without a slash",
            remedy="choose another --as NAME",
        )
    # One that lies in another belongs to it; the same one twice is one.
    every = list(dict.fromkeys(_root(Path(path).expanduser(), name) for path in paths))
    roots = [root for root in every if not any(_inside(root, other) for other in every)]
    for i, root in enumerate(roots):
        for other in roots[:i]:
            if other.name == root.name and other.folder != root.folder:
                raise _conflict(root, other.folder.as_posix())
    return roots


def check_roots(roots: Sequence[Root], known: Mapping[str, RootRecord], *, renamed: bool) -> None:
    """Refuse a folder whose name another one has in the collection.

    A name given with ``--as`` (``renamed``) may take the place of a folder that is no longer there:
    that is how one that was moved on the disk keeps its chunks.
    """
    for root in roots:
        record = known.get(root.name)
        if record is None or record.location == root.folder.as_posix():
            continue
        if not renamed or Path(record.location).exists():
            raise _conflict(root, record.location)


def _inside(root: Root, other: Root) -> bool:
    if other.only is not None:
        return False
    if root.folder == other.folder:
        return root.only is not None
    return root.folder.is_relative_to(other.folder)


def _root(path: Path, name: str | None) -> Root:
    try:
        path = path.resolve(strict=True)
        folder = path if path.is_dir() else path.parent
        os.scandir(folder).close()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InvalidInputError(
            f"{path} does not exist.", expected="a file or folder", remedy="check the spelling"
        ) from error
    except (OSError, RuntimeError) as error:  # no permission; a loop of links
        raise InvalidInputError(
            f"{path} cannot be read: {error}.",
            expected="a file or folder that this user may read",
            remedy="change its permissions; what was ingested of it before is kept",
        ) from error
    return Root(name or folder.name or "root", folder, only=None if path.is_dir() else path.name)


def _conflict(root: Root, other: str) -> RootConflictError:
    return RootConflictError(
        f"{root.folder} and {other} would both be {root.name!r} in this collection.",
        expected="one folder for each name",
        remedy=f"name it: cpt-rag ingest {root.folder} --as NAME",
    )
