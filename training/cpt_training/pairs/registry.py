"""Every kind of pair and its miner.

A new kind is one file beside this one with a ``KIND``, a ``mine`` function, and one row below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from cpt_training.pairs import (
    changelog,
    class_outline,
    comment_lines,
    docstring_code,
    error_code,
    heading_section,
    help_handler,
    name_body,
    neighbours,
    sentence_block,
    signature_reference,
    summary_rest,
    test_function,
    title_page,
)
from cpt_training.pairs.pair import Pair, SourceFile

Miner = Callable[[SourceFile], Iterator[Pair]]
PackageMiner = Callable[[Sequence[SourceFile]], Iterator[Pair]]

_OF_A_FILE = (
    docstring_code,
    summary_rest,
    class_outline,
    signature_reference,
    name_body,
    comment_lines,
    error_code,
    help_handler,
    sentence_block,
    heading_section,
    title_page,
    neighbours,
    changelog,
)
MINERS: Mapping[str, Miner] = MappingProxyType({part.KIND: part.mine for part in _OF_A_FILE})
PACKAGE_MINERS: Mapping[str, PackageMiner] = MappingProxyType(
    {test_function.KIND: test_function.mine_package}
)
KINDS = (*MINERS, *PACKAGE_MINERS)
"""The names of all kinds of pair."""
