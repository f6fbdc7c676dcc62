"""The same function in two languages, where packages are ports of one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from posixpath import basename

from cpt_training.pairs.code.definitions import Definition, definitions
from cpt_training.pairs.code.parameters import parameter_names
from cpt_training.pairs.code.worth import implements, telling_lines
from cpt_training.pairs.function import Function
from cpt_training.pairs.pair import SourceFile

KIND = "translation"
MINIMUM_LINES = 4
_FAMILIES = {"tsx": "typescript"}
_CONSTRUCTORS = frozenset({"__init__", "constructor", "__construct", "initialize", "new"})


def functions(file: SourceFile) -> Iterator[Function]:
    """Yield the functions of a file, each with its name and arity as any language spells them."""
    if file.test:
        return
    for definition in definitions(file):
        names = parameter_names(definition.node) if implements(definition) else None
        if names is None or telling_lines(definition.code) < MINIMUM_LINES:
            continue
        if definition.name not in _CONSTRUCTORS:
            key = f"{_owner(definition, file)}.{_squashed(definition.name)}/{len(names)}"
            yield Function(KIND, key, file.language, definition.code, file.path)


def place(function: Function) -> str:
    """What two functions of a pair may not share."""
    return _FAMILIES.get(function.language, function.language)


def pairs(namesakes: Sequence[Function]) -> Iterator[tuple[Function, Function]]:
    """Yield each two of other languages, if every language has but one of that name."""
    languages = [place(function) for function in namesakes]
    unambiguous = [
        function
        for function, language in zip(namesakes, languages, strict=True)
        if languages.count(language) == 1
    ]
    yield from combinations(unambiguous, 2)


def _owner(definition: Definition, file: SourceFile) -> str:
    """The type that has a method; for a function the file, which is a module in most languages."""
    owner = definition.symbol.split(".")[-2:-1]
    return _squashed(owner[0] if owner else basename(file.path).split(".")[0])


def _squashed(name: str) -> str:
    """One spelling for ``read_file``, ``readFile`` and ``ReadFile``."""
    return name.replace("_", "").lower()
