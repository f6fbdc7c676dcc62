"""Every kind of pair and its miner.

A new kind is one file beside this one with a ``KIND``, a ``mine`` function, and one row below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cpt_training.pairs import (
    changelog,
    class_outline,
    clone_namesake,
    clone_variant,
    code_text,
    comment_lines,
    completion,
    docstring_code,
    error_code,
    heading_section,
    help_handler,
    name_body,
    name_documented,
    neighbours,
    sentence_block,
    signature_reference,
    summary_rest,
    test_function,
    title_page,
    translation,
)
from cpt_training.pairs.function import Function
from cpt_training.pairs.pair import Pair, SourceFile

Miner = Callable[[SourceFile], Iterator[Pair]]
PackageMiner = Callable[[Sequence[SourceFile]], Iterator[Pair]]


@dataclass(frozen=True, slots=True)
class CorpusMiner:
    """Pairs functions of several packages.

    Args:
        functions: those of one file that may be paired, each with a key.
        place: what tells two functions apart, a package or a language; asked for each.
        pairs: two functions at a time out of all of one key, which are of at least two places.
        ports: whether only packages that the manifest calls ports of one another are looked at.
    """

    functions: Callable[[SourceFile], Iterator[Function]]
    place: Callable[[Function], str]
    pairs: Callable[[Sequence[Function]], Iterator[tuple[Function, Function]]]
    ports: bool = False


_PRETRAINING = (
    docstring_code,
    summary_rest,
    class_outline,
    signature_reference,
    name_body,
    name_documented,
    comment_lines,
    error_code,
    help_handler,
    sentence_block,
    heading_section,
    title_page,
    neighbours,
    changelog,
)
_CODE_TASKS = (code_text, completion, clone_variant)
MINERS: Mapping[str, Miner] = MappingProxyType(
    {part.KIND: part.mine for part in (*_PRETRAINING, *_CODE_TASKS)}
)
PACKAGE_MINERS: Mapping[str, PackageMiner] = MappingProxyType(
    {test_function.KIND: test_function.mine_package}
)
CORPUS_MINERS: Mapping[str, CorpusMiner] = MappingProxyType(
    {
        clone_namesake.KIND: CorpusMiner(
            clone_namesake.functions, clone_namesake.place, clone_namesake.pairs
        ),
        translation.KIND: CorpusMiner(
            translation.functions, translation.place, translation.pairs, ports=True
        ),
    }
)
DEFAULT_KINDS = (*(part.KIND for part in _PRETRAINING), *PACKAGE_MINERS)
"""The kinds of a manifest that names none: those of the shipped encoders."""

KINDS = (*MINERS, *PACKAGE_MINERS, *CORPUS_MINERS)
"""The names of all kinds of pair."""
