"""Collections in Qdrant: the embedded engine and a server behind one face.

Importing this package imports no engine; each is imported when a store first needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cpt_rag.qdrant.digest import digest_point, digest_points, join_digests
from cpt_rag.qdrant.engine import Engine
from cpt_rag.qdrant.filters import Where
from cpt_rag.qdrant.foreign import PATH_KEYS, SAME, Foreign, ForeignEngine, refused
from cpt_rag.qdrant.fusion import EQUAL, Factor, Fusion, Method
from cpt_rag.qdrant.gate import is_id
from cpt_rag.qdrant.identity import Identity
from cpt_rag.qdrant.identity import check as check_identity
from cpt_rag.qdrant.points import same_point
from cpt_rag.qdrant.presets import PRESETS, preset_spec
from cpt_rag.qdrant.remedy import make_again
from cpt_rag.qdrant.scale import Deployment, Hnsw, OnDisk, Quantisation
from cpt_rag.qdrant.spec import (
    CHUNK_KIND,
    DOCUMENT,
    FOLDERS,
    METADATA,
    NAME,
    PAGE_CONTENT,
    RECORD,
    RECORDED_PATH,
    ROLE,
    CollectionSpec,
    folders_above,
)
from cpt_rag.qdrant.store import SHARDS, Store, is_store_file, open_store

if TYPE_CHECKING:
    from cpt_rag.qdrant.edge_store import EdgeStore
    from cpt_rag.qdrant.server_store import ServerStore

__all__ = [
    "CHUNK_KIND",
    "DOCUMENT",
    "EQUAL",
    "FOLDERS",
    "METADATA",
    "NAME",
    "PAGE_CONTENT",
    "PATH_KEYS",
    "PRESETS",
    "RECORD",
    "RECORDED_PATH",
    "ROLE",
    "SAME",
    "SHARDS",
    "CollectionSpec",
    "Deployment",
    "EdgeStore",
    "Engine",
    "Factor",
    "Foreign",
    "ForeignEngine",
    "Fusion",
    "Hnsw",
    "Identity",
    "Method",
    "OnDisk",
    "Quantisation",
    "ServerStore",
    "Store",
    "Where",
    "check_identity",
    "digest_point",
    "digest_points",
    "folders_above",
    "is_id",
    "is_store_file",
    "join_digests",
    "make_again",
    "open_store",
    "preset_spec",
    "refused",
    "same_point",
]


def __getattr__(name: str) -> object:
    if name == "EdgeStore":
        from cpt_rag.qdrant.edge_store import EdgeStore

        return EdgeStore
    if name == "ServerStore":
        from cpt_rag.qdrant.server_store import ServerStore

        return ServerStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
