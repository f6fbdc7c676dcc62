"""From folders to a collection."""

from cpt_rag.ingest.pipeline import Progress, ingest
from cpt_rag.ingest.status import CollectionStatus, collection_status

__all__ = ["CollectionStatus", "Progress", "collection_status", "ingest"]
