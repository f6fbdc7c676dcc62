"""What a function's docstring or doc comment says, and its implementation without it."""

from __future__ import annotations

from collections.abc import Iterator

from cpt_training.pairs.code.definitions import definitions
from cpt_training.pairs.code.worth import MINIMUM_LINES, implements, telling_lines
from cpt_training.pairs.pair import Pair, SourceFile
from cpt_training.pairs.prose import cut_lines, lead

KIND = "docstring_code"


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield documented functions and methods that do something."""
    if file.test:
        return
    for definition in definitions(file):
        if not definition.doc or not implements(definition):
            continue
        query = lead(definition.doc)
        if query and telling_lines(definition.code) >= MINIMUM_LINES:
            yield Pair(KIND, file.language, query, cut_lines(definition.code))
