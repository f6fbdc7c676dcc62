"""Turn a folder of docs and code into a Qdrant collection that answers questions, offline.

>>> import cpt_rag
>>> report = cpt_rag.ingest("my-project", collection="docs")
>>> hits = cpt_rag.search("where are retries configured?", collection="docs")
"""

from cpt_rag.chunking import chunk_source
from cpt_rag.collection import Collection, chunk_tokens, open_collection
from cpt_rag.copy import CopyReport, copy_collection
from cpt_rag.documents import Document, Documents
from cpt_rag.encoders import ForeignEncoder, load_encoder
from cpt_rag.errors import (
    CollectionError,
    CollectionNotFoundError,
    CptRagError,
    EncoderError,
    IdentityMismatchError,
    InvalidInputError,
    InvalidPointError,
    MissingExtraError,
    RequestTooLargeError,
    RootConflictError,
    StoreCorruptError,
    StoreError,
    StoreLockedError,
    StoreUnreachableError,
    TrainingError,
)
from cpt_rag.ingest import ingest
from cpt_rag.migrate import MigrationReport, migrate, rollback
from cpt_rag.qdrant import CollectionSpec, Deployment, Hnsw, OnDisk, Quantisation, Store
from cpt_rag.retrieve import ContextPack, Passage, Place, context, search
from cpt_rag.text import bm25
from cpt_rag.types import Chunk, Encoder, Fingerprint, Hit, IngestReport, SparseVector

__version__ = "0.1.0"

__all__ = [
    "Chunk",
    "Collection",
    "CollectionError",
    "CollectionNotFoundError",
    "CollectionSpec",
    "ContextPack",
    "CopyReport",
    "CptRagError",
    "Deployment",
    "Document",
    "Documents",
    "Encoder",
    "EncoderError",
    "Fingerprint",
    "ForeignEncoder",
    "Hit",
    "Hnsw",
    "IdentityMismatchError",
    "IngestReport",
    "InvalidInputError",
    "InvalidPointError",
    "MigrationReport",
    "MissingExtraError",
    "OnDisk",
    "Passage",
    "Place",
    "Quantisation",
    "RequestTooLargeError",
    "RootConflictError",
    "SparseVector",
    "Store",
    "StoreCorruptError",
    "StoreError",
    "StoreLockedError",
    "StoreUnreachableError",
    "TrainingError",
    "__version__",
    "bm25",
    "chunk_source",
    "chunk_tokens",
    "context",
    "copy_collection",
    "ingest",
    "load_encoder",
    "migrate",
    "open_collection",
    "rollback",
    "search",
]
