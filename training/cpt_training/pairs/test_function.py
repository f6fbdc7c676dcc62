"""A test, its name in words with its body, and the function that it tests."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from posixpath import basename

from cpt_training.pairs.code.cases import Case, cases, words
from cpt_training.pairs.code.definitions import definitions
from cpt_training.pairs.code.enclosing import window
from cpt_training.pairs.code.worth import MINIMUM_LINES, implements, telling_lines
from cpt_training.pairs.pages.word_set import word_set
from cpt_training.pairs.pair import Pair, SourceFile
from cpt_training.pairs.prose import DOCUMENT_CHARACTERS

KIND = "test_function"
QUERY_CHARACTERS = 1000
MOST_OF_FUNCTION = 2
# A function that more tests than this call is a tool of theirs, not what each of them tests.
MOST_CALLERS = 12
_LONGEST_NAME = 6  # words

_FAMILIES = {"typescript": "javascript", "tsx": "javascript", "c": "cpp"}
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_CALL = re.compile(r"([A-Za-z_]\w*[?!]?)(?:(?:::)?<[\w, ]*>)?\(")
_ASSIGNED = re.compile(
    r"\s*(?:(?:const|let|var|auto|final|val)\s+)?(?:[\w<>\[\]:]+\s+)?\$?(\w+)\b[^=()]*=(?!=)"
)
_RAISES = re.compile(r"[rR]aises?\b|[tT]hrows?\b")
_ASSERTION = re.compile(
    r"assert|expect|should|check|require|must|verify|\bt\.|raises|throw", re.IGNORECASE
)
# Names too common to tell what a test is about.
_TRIVIAL = word_set(
    "add apply assert build call clear close contains copy count create decode delete do each "
    "encode equals error execute exists expect fail filter find first format get init initialize "
    "insert is items iterator join key keys last length list load log main make map name new next "
    "of open parse pop print push put read remove replace reset run save send set setup size skip "
    "sort split start stop string test tostring type update value values with write"
)


@dataclass(frozen=True, slots=True)
class _Function:
    name: str
    stem: str
    owner: str
    language: str
    code: str


def mine_package(files: Sequence[SourceFile]) -> Iterator[Pair]:
    """Yield the tests of a package whose subject can be told, each with that function."""
    found: dict[str, list[Case]] = defaultdict(list)
    for file in files:
        found[_family(file)].extend(cases(file))
    of_function: Counter[_Function] = Counter()
    for family, tests in found.items():
        if not tests:
            continue
        index = _Index(file for file in files if _family(file) == family and not file.test)
        callers = Counter(
            name for test in tests for name in set(map(_squashed, _CALL.findall(test.body)))
        )
        for test in tests:
            function = index.subject(test, callers)
            if function is None or not function.code or of_function[function] >= MOST_OF_FUNCTION:
                continue
            of_function[function] += 1
            yield Pair(KIND, function.language, _query(test), function.code)


def _family(file: SourceFile) -> str:
    return _FAMILIES.get(file.language, file.language)


def _query(test: Case) -> str:
    lines = "\n".join(filter(None, (test.title, test.summary, test.body)))
    if len(lines) <= QUERY_CHARACTERS:
        return lines
    return lines[: QUERY_CHARACTERS + 1].rpartition("\n")[0] or lines[:QUERY_CHARACTERS]


def _squashed(name: str) -> str:
    """One spelling for ``read_file``, ``readFile`` and ``ReadFile``."""
    return name.replace("_", "").rstrip("?!").lower()


class _Index:
    """The functions of a package by name, those too small to be documents as well."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self._by_name: dict[str, list[_Function]] = defaultdict(list)
        for file in files:
            stem = _squashed(basename(file.path).split(".")[0])
            for one in definitions(file):
                if one.kind not in ("function", "method", "macro") or not one.body:
                    continue
                worthy = implements(one) and telling_lines(one.code) >= MINIMUM_LINES
                code = window(one.code, 0, DOCUMENT_CHARACTERS) if worthy else ""
                owner = _squashed(one.symbol.removesuffix(one.name).strip(".").rpartition(".")[2])
                name = one.name.rstrip("?!")
                self._add(_Function(name, stem, owner, file.language, code))

    def _add(self, function: _Function) -> None:
        """Overloads, and copies of a file, count as one: the longest."""
        namesakes = self._by_name[_squashed(function.name)]
        place = (function.name, function.stem, function.owner)
        for at, other in enumerate(namesakes):
            if (other.name, other.stem, other.owner) == place:
                if len(other.code) < len(function.code):
                    namesakes[at] = function
                return
        namesakes.append(function)

    def subject(self, test: Case, callers: Mapping[str, int]) -> _Function | None:
        """The function that a test's title names and its body mentions, else one that it calls.

        A single word names a function only where the body calls it and the word is not a common
        one, or where the function is of the class or the file that the test is about.
        """
        about = _squashed("".join(words(" ".join(test.about))))
        mentioned = set(_IDENTIFIER.findall(test.body))
        called = {_squashed(name) for name in _CALL.findall(test.body)}
        title = [word.lower() for word in words(test.title)]
        for length in range(min(len(title), _LONGEST_NAME), 0, -1):
            for start in range(len(title) - length + 1):
                name = "".join(title[start : start + length])
                doubtful = length == 1 and (name not in called or name in _TRIVIAL)
                named = self._named(name, mentioned, about, near=doubtful)
                if named is not None:
                    return named
        return self._callee(test.body, about, callers)

    def _callee(self, body: str, about: str, callers: Mapping[str, int]) -> _Function | None:
        """Of what a test calls and asserts something of, the function that fewest tests call."""
        lines = body.split("\n")
        assertions = " ".join(line for line in lines if _ASSERTION.search(line))
        best: tuple[int, int] | None = None
        chosen = None
        for above, line in zip(["", *lines], lines, strict=False):
            result = _ASSIGNED.match(line)
            asserted = result is not None and re.search(rf"\b{result[1]}\b", assertions)
            if not (asserted or _ASSERTION.search(line) or _RAISES.search(above)):
                continue
            for spelled in _CALL.findall(line):
                name = _squashed(spelled)
                rank = (callers[name], -len(name))
                if name in _TRIVIAL or callers[name] > MOST_CALLERS or len(name) < 4:
                    continue
                if best is None or rank < best:
                    function = self._named(name, {spelled.rstrip("?!")}, about)
                    best, chosen = (rank, function) if function else (best, chosen)
        return chosen

    def _named(
        self, name: str, spellings: Set[str], about: str, near: bool = False
    ) -> _Function | None:
        """The one function of a name, or the only one whose class or file the test is about.

        Its own spelling must be among ``spellings``. With ``near`` it must be of that class or
        file.
        """
        namesakes = [one for one in self._by_name.get(name, ()) if one.name in spellings]
        if len(namesakes) == 1 and not near:
            return namesakes[0]
        for owners in (True, False):
            places = ((one.owner if owners else one.stem, one) for one in namesakes)
            found = [one for place, one in places if place and place in about]
            if len(found) == 1:
                return found[0]
        return None
