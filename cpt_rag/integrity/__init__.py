"""Is a collection what it should be, and if not, make it so."""

from cpt_rag.integrity.export import export
from cpt_rag.integrity.rebuild import rebuild
from cpt_rag.integrity.repair import repair
from cpt_rag.integrity.verify import Difference, Fault, VerifyReport, verify

__all__ = ["Difference", "Fault", "VerifyReport", "export", "rebuild", "repair", "verify"]
