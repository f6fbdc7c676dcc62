"""What may go wrong between a package manager and the cache."""

from __future__ import annotations

from cpt_rag.errors import CptRagError


class FetchError(CptRagError):
    """A package could not be downloaded."""


class VanishedError(FetchError):
    """A package manager has the version that a manifest means no more."""
