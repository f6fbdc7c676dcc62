"""A function as miners over many packages see it, and how alike two of them are."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"[A-Za-z_]\w*|\d+|[^\s\w]")
_LENGTH = 3


@dataclass(frozen=True, slots=True)
class Function:
    """One function that a miner may pair with another of the same key.

    Args:
        kind: of the pair to be.
        key: what the functions of a pair have in common.
        language: as in `SourceFile`.
        code: without docstring and doc comment.
        path: inside its package.
        package: name of the package, empty until it is known.
        licence: the package's.
    """

    kind: str
    key: str
    language: str
    code: str
    path: str
    package: str = ""
    licence: str = ""


def likeness(first: str, second: str) -> float:
    """Jaccard index of the runs of three tokens in two pieces of code."""
    ours, theirs = _grams(first), _grams(second)
    return len(ours & theirs) / (len(ours | theirs) or 1)


def _grams(code: str) -> frozenset[tuple[str, ...]]:
    tokens = _TOKEN.findall(code)
    return frozenset(zip(*(tokens[i:] for i in range(_LENGTH)), strict=False))
