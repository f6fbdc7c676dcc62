"""What stores refuse: the errors that those of both kinds raise."""

from __future__ import annotations

from cpt_rag.errors import CollectionError, CollectionNotFoundError


def taken(name: str, place: str) -> CollectionError:
    """The error for a name that is in use."""
    return CollectionError(
        f"there is a collection {name!r} in {place}",
        expected="a new name",
        remedy=f"open it, or delete it first: cpt-rag delete --collection {name}",
    )


def unfinished(name: str, place: str, copy_of: str) -> CollectionError:
    """The error for a copy that was interrupted."""
    return CollectionError(
        f"collection {name!r} in {place} is an unfinished copy of {copy_of}",
        expected="a whole collection",
        remedy="run the same cpt-rag copy again to finish it,"
        f" or delete it: cpt-rag delete --collection {name}",
    )


def no_previous(name: str) -> CollectionError:
    """The error for a rollback of what was never switched."""
    return CollectionError(
        f"collection {name!r} has no previous version",
        expected="one that cpt-rag migrate has switched",
        remedy=f"make another version: cpt-rag migrate --collection {name} --encoder NAME",
    )


def no_next(name: str) -> CollectionError:
    """The error for a switch to what is not there."""
    return CollectionError(
        f"collection {name!r} has no version in the making",
        expected="one that was made beside it",
        remedy="another process may have switched to it, or thrown it away: see cpt-rag status",
    )


def missing(name: str, place: str, present: list[str]) -> CollectionNotFoundError:
    """The error for a collection that is not there, listing those that are."""
    return CollectionNotFoundError(
        f"no collection {name!r} in {place}",
        expected=f"one of {', '.join(present)}" if present else "a collection; there is none yet",
        remedy=f"cpt-rag ingest PATH --collection {name}",
    )
