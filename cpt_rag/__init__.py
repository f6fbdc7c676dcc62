"""Turn a folder of docs and code into a Qdrant collection that answers questions, offline.

>>> import cpt_rag
>>> report = cpt_rag.ingest("my-project", collection="docs")
>>> hits = cpt_rag.search("where are retries configured?", collection="docs")
"""

from cpt_rag.collection import Collection, open_collection
from cpt_rag.encoders import load_encoder
from cpt_rag.errors import (
    CollectionError,
    CollectionNotFoundError,
    CptRagError,
    EncoderError,
    IdentityMismatchError,
    InvalidInputError,
    InvalidPointError,
    MissingExtraError,
    RootConflictError,
    StoreCorruptError,
    StoreError,
    StoreLockedError,
    StoreUnreachableError,
    TrainingError,
)
from cpt_rag.ingest import ingest
from cpt_rag.retrieve import ContextPack, Passage, Place, context, search
from cpt_rag.types import Chunk, Encoder, Fingerprint, Hit, IngestReport

__version__ = "0.1.0"

__all__ = [
    "Chunk",
    "Collection",
    "CollectionError",
    "CollectionNotFoundError",
    "ContextPack",
    "CptRagError",
    "Encoder",
    "EncoderError",
    "Fingerprint",
    "Hit",
    "IdentityMismatchError",
    "IngestReport",
    "InvalidInputError",
    "InvalidPointError",
    "MissingExtraError",
    "Passage",
    "Place",
    "RootConflictError",
    "StoreCorruptError",
    "StoreError",
    "StoreLockedError",
    "StoreUnreachableError",
    "TrainingError",
    "__version__",
    "context",
    "ingest",
    "load_encoder",
    "open_collection",
    "search",
]
