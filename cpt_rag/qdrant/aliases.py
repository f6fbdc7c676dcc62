"""The aliases behind which a server has the versions of collections.

::

    docs            the version that is served
    docs--previous  the one before it
    docs--next      one that is being made
    docs--1, ...    the versions: collections, numbered as they were made

A switch moves aliases, all in one request. A numbered collection that no alias leads to is left
from a kill.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cpt_rag.qdrant.remote import Remote

_VERSION = re.compile(r"(.+)--\d+")


def previous_alias(name: str) -> str:
    """The alias of the version before the one that is served."""
    return f"{name}--previous"


def next_alias(name: str) -> str:
    """The alias of the version that is being made."""
    return f"{name}--next"


def version_name(name: str, number: int) -> str:
    """The collection that is a version."""
    return f"{name}--{number}"


def versioned(collection: str) -> str:
    """Of which name a collection may be a version; "" for none."""
    match = _VERSION.fullmatch(collection)
    return match[1] if match else ""


def targets(remote: Remote) -> dict[str, str]:
    """The collection behind every alias of the server."""
    answer = remote.call(lambda client: client.get_aliases())
    return {alias.alias_name: alias.collection_name for alias in answer.aliases}


def point(remote: Remote, changes: Mapping[str, str | None]) -> None:
    """Have aliases lead to these collections, or for None be gone, all at one instant."""
    from qdrant_client import models

    # What goes goes first: a name is never twice there.
    operations: list[Any] = [
        models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
        for alias, collection in changes.items()
        if collection is None
    ]
    operations += [
        models.CreateAliasOperation(
            create_alias=models.CreateAlias(collection_name=collection, alias_name=alias)
        )
        for alias, collection in changes.items()
        if collection is not None
    ]
    remote.call(lambda client: client.update_collection_aliases(operations))
