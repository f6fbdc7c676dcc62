"""How well search works on a folder of the user's own, told by what the folder itself asks."""

from __future__ import annotations

from cpt_rag.own.report import Figure, RepositoryReport, WeightTrial
from cpt_rag.own.run import evaluate_repository

__all__ = ["Figure", "RepositoryReport", "WeightTrial", "evaluate_repository"]
