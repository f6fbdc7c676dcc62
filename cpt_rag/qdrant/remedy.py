"""Remedies that several errors share."""

from __future__ import annotations


def make_again(collection: str) -> str:
    """The commands that replace a collection."""
    name = f"--collection {collection}"
    return f"cpt-rag delete {name} && cpt-rag ingest PATH {name}"


def migrate_to(collection: str, encoder: str) -> str:
    """The command that makes a collection anew while it is searched."""
    return f"cpt-rag migrate --collection {collection} --encoder {encoder}"
