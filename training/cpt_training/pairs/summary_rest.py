"""The first sentence of a docstring or doc comment and the rest of it."""

from __future__ import annotations

from collections.abc import Iterator

from cpt_training.pairs.code.definitions import definitions, file_doc
from cpt_training.pairs.pair import TEXT, Pair, SourceFile
from cpt_training.pairs.prose import DOCUMENT_CHARACTERS, cut, first_sentence, lead, plain

KIND = "summary_rest"
MINIMUM_WORDS = 12
SUMMARY_CHARACTERS = 300


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield what the file, its types and functions say of themselves beyond a summary."""
    if file.test:
        return
    for text in (file_doc(file), *(definition.doc for definition in definitions(file))):
        if not text:
            continue
        first, rest = first_sentence(plain(text))
        if len(first) > SUMMARY_CHARACTERS or len(rest.split()) < MINIMUM_WORDS:
            continue
        # A summary that is really the head of a section summarises nothing.
        summary = lead(first)
        if summary:
            yield Pair(KIND, TEXT, summary, cut(rest, DOCUMENT_CHARACTERS))
