"""The name of an undocumented function, opened into words, and its code without that name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpt_rag.text.normalise import normalise, open_identifiers
from cpt_training.pairs.code.definitions import Definition, definitions
from cpt_training.pairs.code.worth import implements, telling_lines
from cpt_training.pairs.pair import Pair, SourceFile
from cpt_training.pairs.prose import cut_lines

KIND = "name_body"
MINIMUM_WORDS = 2
MINIMUM_LINES = 4
PLACEHOLDER = "_"
# A function has no type here where a module or namespace encloses it.
_WITH_NAMESPACES = frozenset({"c", "cpp", "rust", "c_sharp", "php"})
_NAME = re.compile(r"[A-Za-z_$][\w$]*[!?]?")
# What every type has says nothing of this one.
_COMMON = frozenset({"to string", "hash code", "get hash code", "deep copy", "set up", "tear down"})


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield functions and methods that only their name describes."""
    if file.test:
        return
    for definition in definitions(file):
        name = definition.name
        if definition.doc or not _NAME.fullmatch(name) or not implements(definition):
            continue
        words = _words(normalise(name))
        owner = _owner(definition, file.language)
        if len(words.split()) < MINIMUM_WORDS or words in _COMMON or owner == name:
            continue
        if telling_lines(definition.body) < MINIMUM_LINES:
            continue
        query = f"{_words(open_identifiers(owner))} {words}".strip()
        anonymous = re.sub(rf"(?<![\w$]){re.escape(name)}(?![\w$])", PLACEHOLDER, definition.code)
        yield Pair(KIND, file.language, query, cut_lines(anonymous))


def _words(opened: str) -> str:
    return " ".join(word for word in re.split(r"[^\w]+", opened) if word.strip("0123456789"))


def _owner(definition: Definition, language: str) -> str:
    """The name of the type, or of the object or module, that has the function; may be ""."""
    if "." not in definition.symbol or (
        definition.kind == "function" and language in _WITH_NAMESPACES
    ):
        return ""
    return definition.symbol.split(".")[-2]
