"""Collections on a Qdrant server; what made one is its metadata."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from cpt_rag.errors import CollectionError, IdentityMismatchError, StoreError
from cpt_rag.qdrant.client import ClientEngine
from cpt_rag.qdrant.foreign import Foreign, look
from cpt_rag.qdrant.identity import Identity, copied_from, from_record, to_record
from cpt_rag.qdrant.remote import Remote
from cpt_rag.qdrant.shape import keyword_index, shape
from cpt_rag.qdrant.spec import RECORD, CollectionSpec
from cpt_rag.qdrant.store import Store, check_name, check_new, missing, taken, unfinished

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
        answer = self._remote.call(lambda client: client.get_collections())
        return sorted(collection.name for collection in answer.collections)

    def exists(self, name: str) -> bool:
        """See ``Store.exists``; an alias exists too."""
        check_name(name)
        return self._remote.call(lambda client: client.collection_exists(name))

    def create(
        self, name: str, spec: CollectionSpec, identity: Identity, copy_of: str = ""
    ) -> ClientEngine:
        """See ``Store.create``."""
        check_new(name, spec, identity)
        if self.exists(name):
            raise taken(name, self._remote.place)
        record = to_record(identity, spec, copy_of)
        try:
            self._remote.call(
                lambda client: client.create_collection(name, metadata=record, **shape(spec))
            )
        except CollectionError as error:  # made meanwhile, or by an attempt whose answer was lost
            if self._info(name).config.metadata != record:
                raise taken(name, self._remote.place) from error
        info = self._info(name)
        if info.config.metadata != record:
            self._remote.call(lambda client: client.delete_collection(name))
            raise StoreError(
                f"the Qdrant server at {self._remote.place} did not keep the collection's metadata",
                expected="Qdrant 1.16 or later",
                remedy="upgrade the server",
            )
        self._index(name, spec, info.payload_schema)
        return ClientEngine(name, spec, self._remote)

    def open(self, name: str) -> tuple[ClientEngine, Identity]:
        """See ``Store.open``; payload indexes that a kill left out are made up for."""
        engine, identity, copy_of = self.open_copy(name)
        if copy_of:
            raise unfinished(name, self.place, copy_of)
        return engine, identity

    def open_copy(self, name: str) -> tuple[ClientEngine, Identity, str]:
        """See ``Store.open_copy``."""
        info = self._own(name)
        identity, spec = from_record(info.config.metadata)
        self._index(name, spec, info.payload_schema)
        engine = ClientEngine(name, spec, self._remote)
        return engine, identity, copied_from(info.config.metadata)

    def mark(self, name: str, copy_of: str) -> None:
        """See ``Store.mark``."""
        record = to_record(*from_record(self._own(name).config.metadata), copy_of)
        self._remote.call(lambda client: client.update_collection(name, metadata=record))

    def foreign(self, name: str) -> Foreign | None:
        """See ``Store.foreign``."""
        if not self.exists(name):
            return None
        info = self._info(name)
        return None if RECORD in (info.config.metadata or {}) else look(name, self._remote, info)

    def delete(self, name: str) -> None:
        """See ``Store.delete``; a collection of another program is refused."""
        self._own(name)
        self._remote.call(lambda client: client.delete_collection(name))

    def close(self) -> None:
        """See ``Store.close``."""
        if self._owned:
            self._remote.close()

    def _check_present(self, name: str) -> None:
        if not self.exists(name):
            raise missing(name, self._remote.place, self.collections())

    def _own(self, name: str) -> Any:
        self._check_present(name)
        info = self._info(name)
        if RECORD not in (info.config.metadata or {}):
            raise IdentityMismatchError(
                f"collection {name!r} at {self._remote.place} was not written by cpt-rag:"
                " its metadata carry no identity",
                expected=f"a collection whose metadata have the key {RECORD!r}",
                remedy=f"choose another name: cpt-rag ingest PATH --collection {name}-cpt",
            )
        return info

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
