"""How far two pieces of code are apart as syntax trees, whatever they call things."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from apted import APTED, Config  # type: ignore[import-untyped]

from cpt_rag.chunking.languages import COMMENTS, GRAMMARS
from cpt_rag.chunking.syntax import Syntax

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_NODES = 120
"""The largest tree that is compared: time grows with the cube of its nodes."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A syntax tree without what is written in it: types of named nodes, comments left out.

    ``types`` counts those of the whole tree.
    """

    type: str
    children: tuple[Shape, ...]
    types: Counter[str]

    def __len__(self) -> int:
        return self.types.total()


class _Costs(Config):  # type: ignore[misc]
    """One for each node that is inserted, deleted or of another type."""

    def rename(self, node1: Shape, node2: Shape) -> int:
        return int(node1.type != node2.type)

    def children(self, node: Shape) -> tuple[Shape, ...]:
        return node.children


def tree_distance(first: str, second: str, language: str, most: float) -> float | None:
    """The edit distance of two syntax trees over the number of their nodes, if it is small.

    Pawlik and Augsten (2016, "Tree edit distance: Robust and memory-efficient") by the apted
    package; Gao et al. (2025, "OASIS", similarity refinement) divide it by the nodes of both trees.

    Args:
        first: code.
        second: code, in the same language.
        language: as a corpus names it.
        most: the largest distance, in [0, 1], that is of interest.

    Returns:
        The distance, in [0, 1]; None where it is above ``most``, where there is no grammar, or
        where a tree has more than `MOST_NODES` nodes.
    """
    if most < 0:
        return None
    one, other = _shape(first, language), _shape(second, language)
    if one is None or other is None:
        return None
    nodes = len(one) + len(other)
    # Nodes of a type that the other tree has too few of cost one each, in every mapping.
    common = (one.types & other.types).total()
    if max(len(one), len(other)) - common > most * nodes:
        return None
    distance = APTED(one, other, _Costs()).compute_edit_distance() / nodes
    return float(distance) if distance <= most else None


@lru_cache(maxsize=4096)
def _shape(code: str, language: str) -> Shape | None:
    """The shape of code, None where there is no grammar or it is too large."""
    syntax = Syntax.parse(code, language) if language in GRAMMARS else None
    if syntax is None or syntax.root.descendant_count > 4 * MOST_NODES:
        return None
    shape = _named(syntax.root)
    return shape if len(shape) <= MOST_NODES else None


def _named(node: Node) -> Shape:
    children = tuple(_named(child) for child in node.named_children if child.type not in COMMENTS)
    types = Counter({node.type: 1})
    for child in children:
        types.update(child.types)
    return Shape(node.type, children, types)
