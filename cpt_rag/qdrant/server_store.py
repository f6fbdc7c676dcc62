"""Collections on a Qdrant server; what made one is its metadata, and its name an alias."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from cpt_rag.errors import CollectionError, IdentityMismatchError, StoreError
from cpt_rag.qdrant import aliases
from cpt_rag.qdrant.client import ClientEngine
from cpt_rag.qdrant.foreign import Foreign, look
from cpt_rag.qdrant.identity import Identity, copied_from, from_record, to_record
from cpt_rag.qdrant.refusals import missing, no_next, no_previous, taken, unfinished
from cpt_rag.qdrant.remote import Remote
from cpt_rag.qdrant.shape import keyword_index, shape
from cpt_rag.qdrant.spec import RECORD, CollectionSpec
from cpt_rag.qdrant.store import (
    Store,
    Versions,
    check_name,
    check_new,
)

if TYPE_CHECKING:
    import qdrant_client


class ServerStore(Store):
    """The store at a server.

    Args:
        server: its ``http(s)://`` URL, with ``?grpc=PORT`` to speak gRPC, the key taken from
            ``QDRANT_API_KEY`` or the file that ``QDRANT_API_KEY_FILE`` names; or a ``QdrantClient``
            of the caller's, which stays open when the store closes.

    Raises:
        InvalidInputError: the URL, the key or another setting cannot be used.
    """

    def __init__(self, server: str | qdrant_client.QdrantClient) -> None:
        self._owned = isinstance(server, str)
        self._next_of = ""
        if isinstance(server, str):
            self._remote = Remote.connect(server)
        else:
            self._remote = Remote(server, "the client given")

    @property
    def place(self) -> str:
        """See ``Store.place``."""
        return self._remote.place

    def collections(self) -> list[str]:
        """See ``Store.collections``; those of other programs are among them."""
        listed = self._listed()
        names = {one for one in listed if not aliases.versioned(one)}
        if len(names) == len(listed):
            return sorted(names)
        behind = aliases.targets(self._remote)
        names |= {name for name, target in behind.items() if aliases.versioned(target) == name}
        unnamed = set(listed) - names - set(behind.values())
        names |= {one for one in unnamed if not self._ours(one)}
        return sorted(names)

    def exists(self, name: str) -> bool:
        """See ``Store.exists``; an alias of another program exists too."""
        check_name(name)
        return self._found(name) is not None

    def create(
        self, name: str, spec: CollectionSpec, identity: Identity, copy_of: str = ""
    ) -> ClientEngine:
        """See ``Store.create``."""
        check_new(name, spec, identity)
        if self.exists(name):
            raise taken(name, self._remote.place)
        if name == self._next_of and name not in aliases.targets(self._remote):
            raise _unswitchable(name, self._remote.place)
        record = to_record(identity, spec, copy_of)
        made = self._room(name, record)
        try:
            self._remote.call(
                lambda client: client.create_collection(made, metadata=record, **shape(spec))
            )
        except CollectionError as error:  # made meanwhile, or by an attempt whose answer was lost
            if self._info(made).config.metadata != record:
                raise taken(name, self._remote.place) from error
        info = self._info(made)
        if info.config.metadata != record:
            self._remote.call(lambda client: client.delete_collection(made))
            raise StoreError(
                f"the Qdrant server at {self._remote.place} did not keep the collection's metadata",
                expected="Qdrant 1.16 or later",
                remedy="upgrade the server",
            )
        self._index(made, spec, info.payload_schema)
        aliases.point(self._remote, {self._alias(name): made})
        return ClientEngine(name, spec, self._remote, made)

    def open(self, name: str) -> tuple[ClientEngine, Identity]:
        """See ``Store.open``; payload indexes that a kill left out are made up for."""
        engine, identity, copy_of = self.open_copy(name)
        if copy_of:
            raise unfinished(name, self.place, copy_of)
        return engine, identity

    def open_copy(self, name: str) -> tuple[ClientEngine, Identity, str]:
        """See ``Store.open_copy``."""
        served, info = self._own(name)
        identity, spec = from_record(info.config.metadata)
        self._index(served, spec, info.payload_schema)
        engine = ClientEngine(name, spec, self._remote, served)
        return engine, identity, copied_from(info.config.metadata)

    def mark(self, name: str, copy_of: str) -> None:
        """See ``Store.mark``."""
        served, info = self._own(name)
        record = to_record(*from_record(info.config.metadata), copy_of)
        self._remote.call(lambda client: client.update_collection(served, metadata=record))

    def foreign(self, name: str) -> Foreign | None:
        """See ``Store.foreign``."""
        check_name(name)
        served = self._found(name)
        if served is None:
            return None
        info = self._info(served)
        return None if RECORD in (info.config.metadata or {}) else look(name, self._remote, info)

    def delete(self, name: str) -> None:
        """See ``Store.delete``; a collection of another program is refused."""
        served, _ = self._own(name)
        versions = [] if name == self._next_of else self._versions(name)
        # The served one last: its alias goes with it, and until then the name is there.
        for collection in [*(other for other in versions if other != served), served]:
            self._drop(collection)

    def next_version(self, name: str) -> ServerStore:
        """See ``Store.next_version``."""
        view = copy.copy(self)
        view._next_of, view._owned = name, False
        return view

    def versions(self, name: str) -> Versions:
        """See ``Store.versions``."""
        self._own(name)
        behind = aliases.targets(self._remote)
        return Versions(
            self._encoder(behind.get(aliases.previous_alias(name))),
            self._encoder(behind.get(aliases.next_alias(name))),
        )

    def switch(self, name: str) -> None:
        """See ``Store.switch``."""
        served, upcoming = self._switchable(name)
        changes = {name: upcoming, aliases.previous_alias(name): served}
        aliases.point(self._remote, {**changes, aliases.next_alias(name): None})
        self._sweep(name)

    def supersede(self, name: str) -> None:
        """See ``Store.supersede``."""
        _, upcoming = self._switchable(name)
        aliases.point(self._remote, {name: upcoming, aliases.next_alias(name): None})
        self._sweep(name)

    def roll_back(self, name: str) -> None:
        """See ``Store.roll_back``."""
        served, _ = self._own(name)
        previous = aliases.targets(self._remote).get(aliases.previous_alias(name))
        if previous is None:
            raise no_previous(name)
        aliases.point(self._remote, {name: previous, aliases.previous_alias(name): served})

    def close(self) -> None:
        """See ``Store.close``."""
        if self._owned:
            self._remote.close()

    def _alias(self, name: str) -> str:
        return aliases.next_alias(name) if name == self._next_of else name

    def _listed(self) -> list[str]:
        answer = self._remote.call(lambda client: client.get_collections())
        return [collection.name for collection in answer.collections]

    def _found(self, name: str) -> str | None:
        """The collection behind a name, which may be that of the collection itself."""
        alias = self._alias(name)
        served = aliases.targets(self._remote).get(alias)
        if served is None and self._remote.call(lambda client: client.collection_exists(alias)):
            return alias
        return served

    def _versions(self, name: str) -> list[str]:
        """Every version of a name, forgotten ones too."""
        listed = (one for one in self._listed() if aliases.versioned(one) == name)
        return [collection for collection in listed if self._ours(collection)]

    def _room(self, name: str, record: Mapping[str, Any]) -> str:
        """The name for a new version: that of one just begun with this record, if there is one."""
        behind = set(aliases.targets(self._remote).values())
        numbers = [0]
        for collection in self._versions(name):
            if collection in behind:
                numbers.append(int(collection.rpartition("--")[2]))
            elif name == self._next_of or self._info(collection).config.metadata != record:
                self._drop(collection)
        return aliases.version_name(name, max(numbers) + 1)

    def _sweep(self, name: str) -> None:
        behind = set(aliases.targets(self._remote).values())
        for collection in self._versions(name):
            if collection not in behind:
                self._drop(collection)

    def _drop(self, collection: str) -> None:
        self._remote.call(lambda client: client.delete_collection(collection))

    def _switchable(self, name: str) -> tuple[str, str]:
        """The version that is served and the next one."""
        served, _ = self._own(name)
        upcoming = aliases.targets(self._remote).get(aliases.next_alias(name))
        if upcoming is None:
            raise no_next(name)
        return served, upcoming

    def _encoder(self, collection: str | None) -> str | None:
        if collection is None:
            return None
        return from_record(self._info(collection).config.metadata)[0].encoder.name

    def _own(self, name: str) -> tuple[str, Any]:
        """The collection behind a name, and what the server says of it."""
        check_name(name)
        served = self._found(name)
        if served is None:
            raise missing(name, self._remote.place, self.collections())
        info = self._info(served)
        if RECORD not in (info.config.metadata or {}):
            raise IdentityMismatchError(
                f"collection {name!r} at {self._remote.place} was not written by cpt-rag:"
                " its metadata carry no identity",
                expected=f"a collection whose metadata have the key {RECORD!r}",
                remedy=f"choose another name: cpt-rag ingest PATH --collection {name}-cpt",
            )
        return served, info

    def _ours(self, collection: str) -> bool:
        return RECORD in (self._info(collection).config.metadata or {})

    def _info(self, name: str) -> Any:
        return self._remote.call(lambda client: client.get_collection(name))

    def _index(self, name: str, spec: CollectionSpec, present: Collection[str]) -> None:
        schema = keyword_index(spec)
        for field in spec.keyword_fields:
            if field not in present:
                self._remote.call(
                    lambda client, field=field: client.create_payload_index(  # type: ignore[misc]
                        name, field, schema, wait=True
                    )
                )


def _unswitchable(name: str, place: str) -> CollectionError:
    return CollectionError(
        f"collection {name!r} at {place} bears that name itself, and Qdrant gives no alias the"
        " name of a collection",
        expected="one that was made with versions, behind an alias",
        remedy=f"copy it, and migrate the copy: cpt-rag copy {name} --from {place} --to {place}"
        f" --as {name}-2",
    )
