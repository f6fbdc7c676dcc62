"""Miners: from one source file to training pairs.

A new kind of pair is one file here with a ``mine`` function and one row in ``MINERS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from cpt_training.pairs import class_outline, docstring_code, summary_rest
from cpt_training.pairs.pair import Pair

__all__ = ["MINERS", "Miner", "Pair"]

Miner = Callable[[str], Iterator[Pair]]

MINERS: Mapping[str, Miner] = MappingProxyType(
    {
        docstring_code.KIND: docstring_code.mine,
        summary_rest.KIND: summary_rest.mine,
        class_outline.KIND: class_outline.mine,
    }
)
