"""A function without its docstring, and what that docstring says first: code asks, text answers.

`docstring_code` read the other way: in a model whose roles differ, code is encoded as a query and
prose as a document. A summary that several functions share answers none of them and is left out
when a corpus is merged, as every repeated document is.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpt_training.pairs import docstring_code
from cpt_training.pairs.pair import Pair, SourceFile

KIND = "code_text"
MINIMUM_WORDS = 4


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield documented functions and methods that do something."""
    for pair in docstring_code.mine(file):
        if len(pair.query.split()) >= MINIMUM_WORDS:
            yield Pair(KIND, pair.language, pair.document, pair.query)
