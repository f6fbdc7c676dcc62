"""What a query is: its class, the words that carry meaning, the names and paths in it. No model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import pairwise

from cpt_rag.text.normalise import normalise


class QueryClass(str, Enum):
    """How a query asks."""

    SYMBOL = "symbol"
    PATH = "path"
    ERROR = "error"
    ARCHITECTURE = "architecture"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Query:
    """A query as ranking reads it.

    Args:
        kind: its class.
        said: every word in it, in lower case, identifiers opened.
        words: stems of those that carry meaning.
        compounds: neighbouring words run together, as file names often have them.
        names: last parts of the identifiers in it, in lower case.
        paths: file names and paths in it, in lower case.
    """

    kind: QueryClass
    said: frozenset[str]
    words: tuple[str, ...]
    compounds: frozenset[str]
    names: tuple[str, ...]
    paths: tuple[str, ...]


# A query may be a whole log; what follows is not looked at for names and words.
_MOST_CHARACTERS = 4000

_NAME = r"\$?[A-Za-z_][\w$]*"  # a dollar alone is a prompt or a price
_QUALIFIED = re.compile(rf"{_NAME}(?:(?:\.|::|->|#){_NAME})*(?:\(\))?")
_SEPARATOR = re.compile(r"\.|::|->|#")
# What no English word looks like: a capital inside, an underscore, a qualifier, a call.
_CODE_LIKE = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z]|_|::|->|\w\.\w|#\w|\(\)$|\$")
_PATH = re.compile(
    # Only where a word begins: a long one without a dot would be gone through from every letter.
    r"(?<![\w.@/-])(?:(?:[\w.@-]+/)*[\w@-][\w.@-]*\.[A-Za-z]\w{0,5}\b|(?:[\w.@-]+/)+[\w.@-]*)"
)
_SUFFIX = re.compile(
    r"\.(?:c|cc|cfg|conf|cpp|cs|css|go|h|hpp|html|ini|java|js|json|jsx|kt|lua|md|mjs|php|proto|py|"
    r"pyi|rb|rs|rst|scala|sh|sql|swift|toml|ts|tsx|txt|vue|xml|yaml|yml|zig)$",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"\bTraceback \(most recent|\bpanic: |\bCaused by: |\b[Ss]egmentation fault|"
    r"\bundefined (?:reference|symbol)|\b[A-Z]\w*(?:Error|Exception)\b|"
    r"\b(?:error|fatal|warning)(?:\[\w+\])?: |"
    r"\b(?:[Cc]annot|[Cc]an't|[Cc]ould not|[Ff]ailed to|[Uu]nable to|[Nn]o such|[Uu]nexpected)\b"
    r".*[\"'`:0-9]"
)
_ARCHITECTURE = re.compile(
    r"^how\b|\b(?:architecture|overview|life ?cycle|pipeline|composition|composed|flows?|works?|"
    r"interacts?|organi[sz]ed|structured?|initiali[sz]ation)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z\u00c0-\u1fff]+|[0-9]+")
# Every question has them, and no answer is told from another by them.
_EMPTY = frozenset(
    _WORD.findall(
        "a about all an and another any are as at be been before between but by can could do does "
        "during find for from had has have how i if in into is it its like me my not of on or our "
        "over per should show that the their them then there these this to use used uses using "
        "via was we were what when where which while who why will with would you your"
    )
)
_ENDINGS = (
    *("ization", "isation", "ations", "ation", "ings", "ing", "ions", "ion", "ers", "er"),
    *("ies", "ed", "es", "s", "e", "y"),
)
_SHORTEST_STEM = 3


def read_query(text: str) -> Query:
    """The query's class and parts; long texts are read in their first 4,000 characters."""
    text = text.strip()[:_MOST_CHARACTERS]
    found = [part for part in _QUALIFIED.findall(text) if part == text or _CODE_LIKE.search(part)]
    paths = [part for part in _PATH.findall(text) if "/" in part[:-1] or _SUFFIX.search(part)]
    names = [name for name in found if not _SUFFIX.search(name)]
    said = _WORD.findall(normalise(text))
    return Query(
        _class(text, names, paths),
        frozenset(said),
        tuple(dict.fromkeys(stem(word) for word in said if word not in _EMPTY)),
        frozenset(_run_together(said)),
        tuple(dict.fromkeys(_last(name) for name in names)),
        tuple(dict.fromkeys(path.lower().strip("/") for path in paths)),
    )


@lru_cache(maxsize=1 << 14)
def stem(word: str) -> str:
    """A word without its ending: ``routing``, ``routes`` and ``router`` become ``rout``."""
    if word.endswith("ss"):
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def stems(name: str) -> frozenset[str]:
    """Stems of the words in an identifier or file name."""
    return frozenset(stem(word) for word in _WORD.findall(normalise(name)))


def run_together(name: str) -> str:
    """The words of an identifier or file name without what parts them."""
    return "".join(_WORD.findall(normalise(name)))


def _run_together(words: list[str]) -> Iterable[str]:
    yield from (a + b for a, b in pairwise(words))
    yield from (a + b + c for a, b, c in zip(words, words[1:], words[2:], strict=False))


def _last(name: str) -> str:
    return _SEPARATOR.split(name.removesuffix("()"))[-1].lower()


def _class(text: str, names: list[str], paths: list[str]) -> QueryClass:
    if paths == [text]:
        return QueryClass.PATH
    if names == [text]:
        return QueryClass.SYMBOL
    if _ERROR.search(text):
        return QueryClass.ERROR
    if _ARCHITECTURE.search(text):
        return QueryClass.ARCHITECTURE
    return QueryClass.LANGUAGE
