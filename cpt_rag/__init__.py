"""Turn a folder of docs and code into a Qdrant collection that answers questions, offline.

>>> import cpt_rag
>>> report = cpt_rag.ingest("my-project", collection="docs")
>>> hits = cpt_rag.search("where are retries configured?", collection="docs")
"""

from cpt_rag.chunking import chunk_source
from cpt_rag.collection import Collection, chunk_tokens, open_collection
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
    RootConflictError,
    StoreCorruptError,
    StoreError,
    StoreLockedError,
    StoreUnreachableError,
    TrainingError,
)
from cpt_rag.ingest import ingest
from cpt_rag.qdrant import Store
from cpt_rag.retrieve import ContextPack, Passage, Place, context, search
from cpt_rag.text import bm25
from cpt_rag.types import Chunk, Encoder, Fingerprint, Hit, IngestReport, SparseVector

__version__ = "0.1.0"

__all__ = [
    "Chunk",
    "Collection",
    "CollectionError",
    "CollectionNotFoundError",
    "ContextPack",
    "CptRagError",
    "Document",
    "Documents",
    "Encoder",
    "EncoderError",
    "Fingerprint",
    "ForeignEncoder",
    "Hit",
    "IdentityMismatchError",
    "IngestReport",
    "InvalidInputError",
    "InvalidPointError",
    "MissingExtraError",
    "Passage",
    "Place",
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
    "ingest",
    "load_encoder",
    "open_collection",
    "search",
]
