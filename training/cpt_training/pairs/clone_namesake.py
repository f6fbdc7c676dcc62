"""Functions of one name and one signature in different packages: the same work, done twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from cpt_rag.text.normalise import open_identifiers
from cpt_training.pairs.code.definitions import Definition, definitions
from cpt_training.pairs.code.parameters import parameter_names
from cpt_training.pairs.code.worth import implements, telling_lines
from cpt_training.pairs.function import Function, likeness
from cpt_training.pairs.pair import SourceFile

KIND = "clone_namesake"
MINIMUM_LINES = 4
MINIMUM_WORDS = 2
# A name that more packages share is that of an interface, and each has its own work behind it.
MOST_PACKAGES = 6
# Below, two functions share no more than their name; above, one was copied from the other.
ALIKE = (0.2, 0.7)
_LANGUAGES = {"tsx": "typescript"}


def functions(file: SourceFile) -> Iterator[Function]:
    """Yield the functions of a file whose name and parameters say what they do."""
    if file.test:
        return
    language = _LANGUAGES.get(file.language, file.language)
    for definition in definitions(file):
        names = parameter_names(definition.node) if implements(definition) else None
        if not names or "" in names or telling_lines(definition.code) < MINIMUM_LINES:
            continue
        if _words(definition.name) >= MINIMUM_WORDS:
            key = f"{language} {_qualified(definition)}({', '.join(names)})"
            yield Function(KIND, key, file.language, definition.code, file.path)


def place(function: Function) -> str:
    """What two functions of a pair may not share."""
    return function.package


def pairs(namesakes: Sequence[Function]) -> Iterator[tuple[Function, Function]]:
    """Yield the two of all namesakes that are most alike without being copies."""
    packages = {function.package for function in namesakes}
    if len(packages) > MOST_PACKAGES:
        return
    least, most = ALIKE
    best: tuple[float, Function, Function] | None = None
    for first, second in combinations(namesakes, 2):
        alike = likeness(first.code, second.code) if first.package != second.package else 0.0
        if least <= alike <= most and (best is None or alike > best[0]):
            best = alike, first, second
    if best is not None:
        yield best[1:]


def _qualified(definition: Definition) -> str:
    """A method with its type: two types may have methods of one name and mean other things."""
    if definition.kind == "function":
        return definition.name
    return ".".join(definition.symbol.split(".")[-2:])


def _words(name: str) -> int:
    return len(re.findall(r"[^\W\d_]{2,}", open_identifiers(name)))
