"""A function's name as a query, and code that does not give the name away."""

from __future__ import annotations

import re

from cpt_rag.text.normalise import normalise, open_identifiers
from cpt_training.pairs.code.definitions import Definition

MINIMUM_WORDS = 2
PLACEHOLDER = "_"
# A function has no type here where a module or namespace encloses it.
_WITH_NAMESPACES = frozenset({"c", "cpp", "rust", "c_sharp", "php"})
_NAME = re.compile(r"[A-Za-z_$][\w$]*[!?]?")
# What every type has says nothing of this one.
_COMMON = frozenset({"to string", "hash code", "get hash code", "deep copy", "set up", "tear down"})


def name_query(definition: Definition, language: str) -> str:
    """The words of its name after those of its type; "" where they say too little of it."""
    name = definition.name
    if not _NAME.fullmatch(name):
        return ""
    words = _words(normalise(name))
    owner = _owner(definition, language)
    if len(words.split()) < MINIMUM_WORDS or words in _COMMON or owner == name:
        return ""
    return f"{_words(open_identifiers(owner))} {words}".strip()


def anonymous(code: str, name: str) -> str:
    """The code with a placeholder wherever it names the function."""
    return re.sub(rf"(?<![\w$]){re.escape(name)}(?![\w$])", PLACEHOLDER, code)


def _words(opened: str) -> str:
    return " ".join(word for word in re.split(r"[^\w]+", opened) if word.strip("0123456789"))


def _owner(definition: Definition, language: str) -> str:
    """The name of the type, or of the object or module, that has the function; may be ""."""
    if "." not in definition.symbol or (
        definition.kind == "function" and language in _WITH_NAMESPACES
    ):
        return ""
    return definition.symbol.split(".")[-2]
