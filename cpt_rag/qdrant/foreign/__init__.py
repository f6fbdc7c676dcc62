"""Collections that other programs wrote, for reading: found out, never changed."""

from cpt_rag.qdrant.foreign.engine import ForeignEngine, refused
from cpt_rag.qdrant.foreign.found import SAME, Foreign, look
from cpt_rag.qdrant.foreign.layout import PATH_KEYS

__all__ = ["PATH_KEYS", "SAME", "Foreign", "ForeignEngine", "look", "refused"]
