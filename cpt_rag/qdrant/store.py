"""Stores: where collections lie, in a folder or on a server."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.errors import InvalidInputError, StoreError
from cpt_rag.qdrant.engine import Engine
from cpt_rag.qdrant.identity import Identity
from cpt_rag.qdrant.spec import CollectionSpec

if TYPE_CHECKING:
    from typing_extensions import Self

    from cpt_rag.qdrant.foreign import Foreign

SHARDS = ".shards"
"""The folder inside an embedded store that holds its data, and by which a store is known."""

_WINDOWS_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10))]
)
_HOST_AND_PORT = re.compile(r"(localhost|[\w-]+(\.[\w-]+)+):\d+(/.*)?")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?")
_OF_A_VERSION = re.compile(r".+--(\d+|next|previous)")


@dataclass(frozen=True, slots=True)
class Versions:
    """The encoders of the versions that are not served, by name; None where there is none.

    ``previous`` is what ``Store.roll_back`` brings back, ``next`` is being made. A name is empty
    where it is not known.
    """

    previous: str | None
    next: str | None


class Store(ABC):
    """Named collections in one place. Also a context manager.

    Every method may raise InvalidInputError for a name that no collection can have, and
    StoreUnreachableError where the store is a server that does not answer.
    """

    @property
    @abstractmethod
    def place(self) -> str:
        """The folder or the server's URL, for messages."""

    @abstractmethod
    def collections(self) -> list[str]:
        """Names of the collections, sorted."""

    @abstractmethod
    def exists(self, name: str) -> bool:
        """Whether there is a collection of this name."""

    @abstractmethod
    def create(
        self, name: str, spec: CollectionSpec, identity: Identity, copy_of: str = ""
    ) -> Engine:
        """A new, empty collection, open; with ``copy_of`` from its first instant as ``mark`` says.

        Raises:
            CollectionError: there is one of this name.
            StoreLockedError: another process makes or holds it.
        """

    @abstractmethod
    def open(self, name: str) -> tuple[Engine, Identity]:
        """The collection and what made it; hold that to what is expected with ``check``.

        Raises:
            CollectionNotFoundError: there is none of this name; it lists those there are.
            CollectionError: it is an unfinished copy.
            IdentityMismatchError: it was not made by cpt-rag.
            StoreLockedError: another process holds it.
            StoreCorruptError: it is not what was written.
        """

    def foreign(self, name: str) -> Foreign | None:
        """The collection, where another program wrote it; None where cpt-rag did, or there is none.

        Raises:
            CollectionError: it holds nothing that can be read.
        """
        return None

    @abstractmethod
    def open_copy(self, name: str) -> tuple[Engine, Identity, str]:
        """As ``open``, unfinished copies too, with what it is one of, or "" for a whole one."""

    @abstractmethod
    def mark(self, name: str, copy_of: str) -> None:
        """Have ``open`` refuse the collection as an unfinished copy of that; of "", no longer.

        One step: it is marked or it is not, whatever instant the process dies.

        Raises:
            CollectionNotFoundError, StoreLockedError, StoreCorruptError: as ``open``.
        """

    @abstractmethod
    def delete(self, name: str) -> None:
        """Remove the collection with all its versions, damaged ones too.

        Raises:
            CollectionNotFoundError: there is none of this name.
            StoreLockedError: a process holds it, or makes its next version.
        """

    @abstractmethod
    def next_version(self, name: str) -> Store:
        """This store with the version of ``name`` that is being made in that one's place.

        There it is created, opened, marked and deleted as any collection, while the version that
        is served stays as it is; ``switch`` or ``supersede``, called on this store once every
        handle on it is closed, has it served. It closes with this store.

        Its ``create`` raises CollectionError where nothing could switch to the new version: on a
        server, a collection that bears the name itself and not as an alias.
        """

    @abstractmethod
    def versions(self, name: str) -> Versions:
        """What there is besides the version that is served.

        Raises:
            CollectionNotFoundError: there is none of this name.
        """

    @abstractmethod
    def switch(self, name: str) -> None:
        """Serve the next version and keep the present one as the previous, whose own one goes.

        One step: whatever instant the process dies, one of the two is served, whole. Handles that
        are open, which on a server they may be, go on with the version that they opened.

        Raises:
            CollectionError: there is no next version.
            CollectionNotFoundError, StoreLockedError, StoreCorruptError: as ``open``.
        """

    @abstractmethod
    def supersede(self, name: str) -> None:
        """As ``switch``, but the present version goes and the previous one stays."""

    @abstractmethod
    def roll_back(self, name: str) -> None:
        """Serve the previous version and keep the present one in its place: twice is nothing.

        Raises:
            CollectionError: there is no previous version.
            CollectionNotFoundError, StoreLockedError, StoreCorruptError: as ``open``.
        """

    def close(self) -> None:  # noqa: B027 - a folder has nothing to let go of
        """Let go of the store; collections opened from it close by themselves."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_store(location: str | Path) -> Store:
    """The store at a folder, made on the first create, or at a server's ``http(s)://`` URL.

    Nothing is read or asked yet. A server's key is taken from ``QDRANT_API_KEY``, or
    from the file that ``QDRANT_API_KEY_FILE`` names, only.

    Raises:
        InvalidInputError: nothing, or a URL of another kind.
        StoreError: a folder that qdrant-client keeps for itself.
    """
    if not str(location).strip() or _HOST_AND_PORT.fullmatch(str(location)):
        raise InvalidInputError(
            f"a store at {str(location)!r}",
            expected="a folder, or a URL with http:// or https://",
            remedy="write the URL in full, or leave the store out for the user's data folder",
        )
    if isinstance(location, str) and "://" in location:
        if not location.lower().startswith(("http://", "https://")):
            raise InvalidInputError(
                f"a store at {location!r}", expected="a folder, or a URL with http:// or https://"
            )
        from cpt_rag.qdrant.server_store import ServerStore

        return ServerStore(location)
    from cpt_rag.qdrant.edge_store import EdgeStore

    folder = Path(location).expanduser()
    _check_no_local_mode(folder)
    return EdgeStore(folder)


def _check_no_local_mode(folder: Path) -> None:
    """Its points are pickles: to read them is to run what whoever wrote them put there."""
    theirs = (folder / "meta.json").is_file() and (folder / "collection").is_dir()
    if theirs and not (folder / SHARDS).is_dir():
        raise StoreError(
            f"{folder} is what QdrantClient(path=...) writes; its points are pickled, and reading"
            " pickles runs whatever code is in them",
            expected="a folder of cpt-rag's own, or a server's URL",
            remedy="if you trust it, copy it to a server with QdrantClient.migrate, and pass the"
            " server's URL; else ingest what it was made from into another folder",
        )


def is_store_file(path: Path) -> bool:
    """Whether ``path`` is a collection's pointer in an embedded store, and no one else's file."""
    return is_name(path.name) and (path.parent / SHARDS / f"{path.name}.lock").is_file()


def check_name(name: str) -> None:
    """Hold a collection's name to what is a safe file name and URL segment everywhere.

    Raises:
        InvalidInputError: it is anything else.
    """
    if not isinstance(name, str) or not is_name(name):
        raise InvalidInputError(
            f"a collection named {name!r}",
            expected="1 to 128 letters, digits, dots, hyphens and underscores, the first of them"
            " a letter or digit, the last no dot, and no device's name",
        )


def is_name(name: str) -> bool:
    """Whether a collection may have this name."""
    device = name.split(".", maxsplit=1)[0].lower() in _WINDOWS_DEVICES
    return _NAME.fullmatch(name) is not None and not device


def check_new(name: str, spec: CollectionSpec, identity: Identity) -> None:
    """Hold what a collection is to be made of to itself.

    Raises:
        InvalidInputError: a bad name, one as of a version, or a spec of another dimension than
            the encoder.
    """
    check_name(name)
    if _OF_A_VERSION.fullmatch(name):
        raise InvalidInputError(
            f"a collection named {name!r}",
            expected="another ending: servers call the versions of a collection NAME--1, NAME--2",
            remedy="choose another name",
        )
    if spec.dimension != identity.encoder.dimension:
        raise InvalidInputError(
            f"a collection of dimension {spec.dimension} for the encoder {identity.encoder.name},"
            f" whose vectors have {identity.encoder.dimension}",
            expected="one dimension",
        )
