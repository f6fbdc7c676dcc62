"""Held-out queries out of a user's own texts: what was written above an answer asks for it.

A docstring or doc comment asks for its definition, a heading for its section. The words that ask
have to be cut out of the text before it is indexed, or every query would find itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from cpt_rag.chunking import markdown, rst
from cpt_rag.chunking.assemble import Source
from cpt_rag.chunking.detect import detect_language
from cpt_rag.chunking.documented import documented
from cpt_rag.chunking.sections import Heading
from cpt_rag.chunking.spans import consecutive

HEADING, DOCSTRING = "heading", "docstring"
_HEADINGS = {"markdown": markdown.headings, "rst": rst.headings}
_FEWEST_WORDS = 3
_MOST_CHARACTERS = 400
# A definition that does nothing, or a section of one line, is no answer worth searching for.
_FEWEST_LINES = 3
_FEWEST_ANSWER_WORDS = 10

_WORD = re.compile(r"[^\W\d_]{2,}")
_LINE_END = re.compile(r"[ \t]*(?:\r\n|\n|\r|\Z)")
# Where the prose of a description ends: a tag, a section, an example, a rule.
_END = re.compile(
    r"\s*(?:[@\\:](?!class:|func:|meth:)[a-z]+\b|>>>|```|[-=~]{3,}|\.\. |"
    r"(?:args|arguments|parameters|params|returns?|raises|yields|examples?|notes?|usage)\s*:?\s*$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class MinedQuery:
    """A query whose answer is known: ``text[start:end]`` of the text at ``path``.

    ``text[asked_start:asked_end]`` is where the query was written. Offsets count characters;
    ``query_class`` is "docstring" or "heading".
    """

    query: str
    path: str
    start: int
    end: int
    query_class: str
    asked_start: int
    asked_end: int


def mine_queries(texts: Mapping[str, str]) -> list[MinedQuery]:
    """The queries that a collection of texts holds, each with one answer.

    A query that is written twice, in whatever case, has no one answer and is left out.

    Args:
        texts: whole texts by path; the path tells the language.
    """
    found = [query for path, text in texts.items() for query in _of_one(path, text)]
    times = Counter(query.query.casefold() for query in found)
    return [query for query in found if times[query.query.casefold()] == 1]


def cut_out(text: str, queries: Iterable[MinedQuery]) -> tuple[str, list[MinedQuery]]:
    """The text as it may be indexed, without what these queries ask, and where answers stand now.

    Args:
        text: what the queries were mined from.
        queries: those of this text that will be asked; the others' words remain.
    """
    queries = list(queries)
    spans = sorted((query.asked_start, query.asked_end) for query in queries)
    kept, last = [], 0
    for start, end in spans:
        kept.append(text[last:start])
        last = max(last, end)
    kept.append(text[last:])

    def moved(position: int) -> int:
        return position - sum(
            min(position, end) - start for start, end in spans if start < position
        )

    return "".join(kept), [
        replace(
            query,
            start=moved(query.start),
            end=moved(query.end),
            asked_start=moved(query.asked_start),
            asked_end=moved(query.asked_end),
        )
        for query in queries
    ]


def _of_one(path: str, text: str) -> Iterator[MinedQuery]:
    language = detect_language(path, text[:200].split("\n", 1)[0])
    if language in _HEADINGS:
        # Headings do not depend on the encoder, so any counter and any budget will do.
        headings = list(_HEADINGS[language](Source(text, path, len, 1)))
        yield from _from_headings(path, text, headings)
    else:
        yield from _from_docstrings(path, text, language)


def _from_docstrings(path: str, text: str, language: str) -> Iterator[MinedQuery]:
    for one in documented(text, language):
        query = _opening(one.doc)
        start, end = _whole_lines(text, one.doc_start, one.doc_end)
        inside = start >= one.start
        rest = text[one.start : start] + text[end : one.end] if inside else text[end : one.end]
        lines = [line for line in rest.splitlines() if line.strip()]
        if len(_WORD.findall(query)) >= _FEWEST_WORDS and len(lines) >= _FEWEST_LINES:
            answer = one.start if inside else end
            yield MinedQuery(query, path, answer, one.end, DOCSTRING, start, end)


def _from_headings(path: str, text: str, headings: list[Heading]) -> Iterator[MinedQuery]:
    above: list[Heading] = []
    sections = consecutive([heading.start for heading in headings], len(text))
    for heading, (_, stop) in zip(headings, sections, strict=True):
        while above and above[-1].level >= heading.level:
            above.pop()
        query = heading.title
        if len(_WORD.findall(query)) < _FEWEST_WORDS and above:
            query = f"{above[-1].title}: {query}"
        above.append(heading)
        answer = text[heading.end : stop]
        if (
            len(_WORD.findall(query)) >= _FEWEST_WORDS
            and len(_WORD.findall(answer)) >= _FEWEST_ANSWER_WORDS
        ):
            start = heading.end + len(answer) - len(answer.lstrip())
            end = heading.end + len(answer.rstrip())
            yield MinedQuery(query, path, start, end, HEADING, heading.start, heading.end)


def _opening(description: str) -> str:
    """The first paragraph of a description, without tags, at most 400 characters of whole words."""
    kept: list[str] = []
    for line in description.strip().splitlines():
        if not line.strip() or _END.match(line):
            break
        kept.append(line.strip())
    opening = " ".join(kept)
    if len(opening) > _MOST_CHARACTERS:
        opening = opening[: _MOST_CHARACTERS + 1].rsplit(None, 1)[0]
    return opening


def _whole_lines(text: str, start: int, end: int) -> tuple[int, int]:
    """The span with its indentation and line ending, where nothing else stands on its lines."""
    line = start
    while line and text[line - 1] in " \t":
        line -= 1
    rest = _LINE_END.match(text, end)
    begins = line == 0 or text[line - 1] in "\r\n"
    return (line, rest.end()) if begins and rest else (start, end)
