"""The name of an undocumented function, opened into words, and its code without that name."""

from __future__ import annotations

from collections.abc import Iterator

from cpt_training.pairs.code.definitions import definitions
from cpt_training.pairs.code.naming import anonymous, name_query
from cpt_training.pairs.code.worth import implements, telling_lines
from cpt_training.pairs.pair import Pair, SourceFile
from cpt_training.pairs.prose import cut_lines

KIND = "name_body"
MINIMUM_LINES = 4


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield functions and methods that only their name describes."""
    if file.test:
        return
    for definition in definitions(file):
        if definition.doc or not implements(definition):
            continue
        query = name_query(definition, file.language)
        if query and telling_lines(definition.body) >= MINIMUM_LINES:
            code = anonymous(definition.code, definition.name)
            yield Pair(KIND, file.language, query, cut_lines(code))
