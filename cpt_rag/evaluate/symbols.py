"""Names as queries: the bare name of a definition asks for the place that defines it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from cpt_rag.chunking.definitions import definitions
from cpt_rag.chunking.detect import detect_language
from cpt_rag.chunking.languages import GRAMMARS
from cpt_rag.chunking.outline import Tree
from cpt_rag.chunking.syntax import Syntax
from cpt_rag.evaluate.queries import MinedQuery

SYMBOL = "symbol"
# Shorter names are words of every file.
_FEWEST_LETTERS = 4

_LAST_PART = re.compile(r"[^\W\d]\w*$")
_LETTER = re.compile(r"[^\W\d_]")


def symbol_queries(texts: Mapping[str, str]) -> list[MinedQuery]:
    """The names that are defined once in a collection of texts, whatever their case.

    The answer's span is the name where it is defined, so that of a long class or function only the
    chunk that begins it is right. Nothing is to be cut out: a definition without its name is none.

    Args:
        texts: whole texts by path; the path tells the language.
    """
    found = [query for path, text in texts.items() for query in _of_one(path, text)]
    times = Counter(query.query.casefold() for query in found)
    return [
        query
        for query in found
        if times[query.query.casefold()] == 1
        and len(_LETTER.findall(query.query)) >= _FEWEST_LETTERS
    ]


def _of_one(path: str, text: str) -> Iterator[MinedQuery]:
    language = detect_language(path, text[:200].split("\n", 1)[0])
    syntax = Syntax.parse(text, language) if language in GRAMMARS else None
    if syntax is None:
        return
    at = syntax.to_character
    for item, node, (_, qualified) in definitions(Tree(syntax, GRAMMARS[language]), syntax.root):
        name = _LAST_PART.search(qualified)
        place = name and re.compile(rf"\b{name[0]}\b").search(
            text, at(node.start_byte), at(item.end)
        )
        if name and place:
            start, end = place.span()
            yield MinedQuery(name[0], path, start, end, SYMBOL, start, start)
