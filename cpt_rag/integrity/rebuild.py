"""A new index over the points that are there."""

from __future__ import annotations

from cpt_rag.collection import StoreLike, resolve_store
from cpt_rag.copy import Progress, copy_collection
from cpt_rag.errors import CollectionError, CptRagError
from cpt_rag.qdrant import Store, check_identity


def rebuild(collection: str, *, store: StoreLike = None, progress: Progress | None = None) -> None:
    """Copy every point into a new version, whose indexes are made anew, and serve that.

    Nothing is embedded, and the version that ``rollback`` brings back stays. After a kill the same
    call goes on.

    Raises:
        CollectionError: a migration of the collection was interrupted; or on a server it bears its
            name itself.
        CollectionNotFoundError, StoreError: as ``Store.open``.
    """
    place = resolve_store(store)
    try:
        making = place.next_version(collection)
        _check_no_migration(collection, place, making)
        copy_collection(collection, place, making, progress=progress)
        place.supersede(collection)
    finally:
        if place is not store:
            place.close()


def _check_no_migration(name: str, place: Store, making: Store) -> None:
    if not making.exists(name):
        return
    present, served = place.open(name)
    present.close()
    upcoming, identity, _ = making.open_copy(name)
    upcoming.close()
    try:
        check_identity(identity, served, name)
    except CptRagError as error:
        encoder = identity.encoder.name
        raise CollectionError(
            f"collection {name!r} is being migrated to {encoder}",
            expected="no version in the making",
            remedy="finish the migration, which makes the index anew:"
            f" cpt-rag migrate --collection {name} --encoder {encoder}",
        ) from error
