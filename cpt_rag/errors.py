"""One tree of errors, each message made of what was found, what was expected and the remedy.

CptRagError
  x InvalidInputError       a text, path, name or number that cannot be used
  x MissingExtraError       an optional dependency is not installed
  x EncoderError            an encoder is unknown or cannot be loaded
  x TrainingError           a training run cannot go on
  x InvalidPointError       a vector or payload that no engine may be given
  x StoreError
    - StoreLockedError      another process holds the collection
    - StoreCorruptError     what is on disk is not what was written
    - StoreUnreachableError a server that does not answer, or refuses
    - RequestTooLargeError  one point is more than a server takes
  x CollectionError
    - CollectionNotFoundError
    - IdentityMismatchError made by another encoder, chunker or schema
    - RootConflictError     two folders of one name in one collection
"""

from __future__ import annotations


class CptRagError(Exception):
    """Base of every error that this package raises on purpose.

    Args:
        found: what was met, as a full clause.
        expected: what would have been right.
        remedy: what the reader can do, a command where there is one.
    """

    def __init__(self, found: str, *, expected: str = "", remedy: str = "") -> None:
        self.found = found
        self.expected = expected
        self.remedy = remedy
        parts = [found]
        if expected:
            parts.append(f"Expected: {expected}")
        if remedy:
            parts.append(f"Remedy: {remedy}")
        super().__init__("\n".join(parts))


class InvalidInputError(CptRagError, ValueError):
    """A text, path, name or number that cannot be used."""


class MissingExtraError(CptRagError, ImportError):
    """An optional dependency is not installed; the remedy is its ``pip install`` line."""


class EncoderError(CptRagError):
    """An encoder is unknown or cannot be loaded."""


class TrainingError(CptRagError):
    """A training run cannot go on; its last checkpoint is whole."""


class InvalidPointError(CptRagError, ValueError):
    """A vector or payload that no engine may be given; nothing of its batch was written."""


class StoreError(CptRagError):
    """The place where collections lie cannot be used."""


class StoreLockedError(StoreError):
    """Another process holds the collection."""


class StoreCorruptError(StoreError):
    """What is on disk is not what was written."""


class StoreUnreachableError(StoreError):
    """A server that does not answer, or refuses."""


class RequestTooLargeError(StoreError):
    """One point is more than a server takes in a request."""


class CollectionError(CptRagError):
    """A collection cannot be used as asked."""


class CollectionNotFoundError(CollectionError):
    """No collection of that name in the store."""


class IdentityMismatchError(CollectionError):
    """The collection was made by another encoder, chunker or schema."""


class RootConflictError(CollectionError):
    """Two folders of one name in one collection."""
