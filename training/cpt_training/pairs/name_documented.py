"""The name of a documented function, opened into words, and the rest: documentation and code.

Chunks of real code carry their docstrings, which the document of `docstring_code` never does.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpt_training.pairs.code.definitions import definitions
from cpt_training.pairs.code.naming import anonymous, name_query
from cpt_training.pairs.code.worth import MINIMUM_LINES, implements, telling_lines
from cpt_training.pairs.pair import Pair, SourceFile
from cpt_training.pairs.prose import cut_lines, lead

KIND = "name_documented"


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield functions and methods that their documentation describes beside their name."""
    if file.test:
        return
    for definition in definitions(file):
        if not definition.doc or not implements(definition):
            continue
        query = name_query(definition, file.language)
        enough = telling_lines(definition.code) >= MINIMUM_LINES
        if query and enough and lead(definition.doc):
            code = anonymous(definition.documented, definition.name)
            yield Pair(KIND, file.language, query, cut_lines(code))
