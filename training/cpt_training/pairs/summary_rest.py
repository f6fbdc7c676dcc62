"""The first sentence of a docstring and the rest of that docstring."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpt_training.pairs import python_source as python
from cpt_training.pairs.pair import Pair

KIND = "summary_rest"
MINIMUM_WORDS = 12
SUMMARY_CHARACTERS = 300
_END = re.compile(r"(?<=[.!?])\s+(?=[^a-z\s])|\n\s*\n")


def mine(source: str) -> Iterator[Pair]:
    """Yield the docstrings of the file, its classes and functions that say more than a summary."""
    module = python.parse(source)
    if module is None:
        return
    for node in (module.tree, *python.definitions(module)):
        text = python.plain(python.docstring(node)).strip()
        end = _END.search(text)
        if end is None or end.start() > SUMMARY_CHARACTERS:
            continue
        # A summary that is really the head of a section summarises nothing.
        summary = python.lead(text[: end.start()])
        rest = text[end.end() :].strip()
        if summary and len(rest.split()) >= MINIMUM_WORDS:
            yield Pair(KIND, summary, python.cut(rest, python.DOCUMENT_CHARACTERS))
