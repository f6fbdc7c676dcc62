"""The remedy that several errors share."""

from __future__ import annotations


def make_again(collection: str) -> str:
    """The commands that replace a collection."""
    name = f"--collection {collection}"
    return f"cpt-rag delete {name} && cpt-rag ingest PATH {name}"
