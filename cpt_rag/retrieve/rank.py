"""From fused candidates to hits: what only code has is counted, and files share the list.

A hit's score is ``((fused * definition + path + symbol + mention) * role + file) * repeat``, and
`Hit.why` names these parts. The engine has multiplied by definition and role already, over all that
either arm found; the rest is counted here, over the candidates.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cpt_rag.qdrant import CHUNK_KIND, METADATA, PAGE_CONTENT, PATH_KEYS, RECORD
from cpt_rag.retrieve import weights
from cpt_rag.retrieve.query import Query, run_together, stems
from cpt_rag.types import Hit, Scored

_SHORTEST_PREFIX = 3
_UNKNOWN: Mapping[str, Any] = {
    **{"root": "", "kind": "document", "symbol": None},
    **{"start": 0, "end": 0, "start_line": 0, "end_line": 0},
}
_PARTS = ("fused", "definition", "role", "path", "symbol", "mention", "file", "repeat")


@dataclass(frozen=True, slots=True)
class _Words:
    """Stems of the words in a name, and their beginnings, themselves among them."""

    stems: frozenset[str]
    beginnings: frozenset[str]

    def among(self, asked: _Asked) -> frozenset[str]:
        """Those of the query's words that are here, or begin one of these, or one of these them."""
        found = self.beginnings & asked.words
        if self.stems.isdisjoint(asked.beginnings):
            return found
        return found | {w for w in asked.words if not self.stems.isdisjoint(_prefixes(w))}


@dataclass(frozen=True, slots=True)
class _Asked:
    """The words of a query that carry meaning, and all their beginnings."""

    words: frozenset[str]
    beginnings: frozenset[str]


@dataclass(slots=True)
class _Candidate:
    """A point and the parts of its score."""

    point: Scored
    metadata: Mapping[str, Any]
    fused: float
    definition: float
    role: float
    path: float = 0.0
    symbol: float = 0.0
    mention: float = 0.0
    file: float = 0.0
    repeat: float = 1.0
    score: float = 0.0

    @property
    def why(self) -> dict[str, float]:
        """The parts by name, as `Hit.why` has them."""
        return {part: getattr(self, part) for part in _PARTS}


@dataclass(slots=True)
class _File:
    """A file that has candidates, and the query's words that its name and folder have."""

    name: frozenset[str]
    folder: frozenset[str]
    compound: bool
    named: bool
    candidates: list[_Candidate] = field(default_factory=list)


def role_factors(query: Query) -> dict[str, float]:
    """How much files of each role count for this query, less those it asks for."""
    return {
        role: factor
        for role, factor in weights.ROLES.items()
        if not query.said & weights.ASKED_BY[role]
    }


def prose_factor(query: Query) -> float:
    """How much prose counts for this query."""
    return 1.0 if query.said & weights.PROSE_ASKED_BY else weights.PROSE[query.kind]


def rank(query: Query, scored: Sequence[Scored], limit: int) -> list[Hit]:
    """The ``limit`` best of the candidates, best first, no text twice."""
    asked = _Asked(frozenset(query.words), _beginnings(query.words))
    files = _files(query, asked, scored)
    _score(query, asked, files)
    ordered = sorted(
        (candidate for file in files.values() for candidate in file.candidates),
        key=_first,
    )
    texts: set[str] = set()
    hits: list[Hit] = []
    for candidate in ordered:
        if len(hits) == limit:
            break
        text = text_key(candidate.point.payload[PAGE_CONTENT])
        if text not in texts:
            texts.add(text)
            hits.append(to_hit(candidate.point, candidate.score, candidate.why))
    return hits


def text_key(text: str) -> str:
    """Equal for texts that are the same to a reader."""
    return text.strip()


def to_hit(point: Scored, score: float, why: Mapping[str, float]) -> Hit:
    """A point as a person or program reads it."""
    described = _described(point)
    return Hit(
        root=described["root"],
        path=described["path"],
        start_line=described["start_line"],
        end_line=described["end_line"],
        text=point.payload[PAGE_CONTENT],
        score=score,
        symbol=described["symbol"],
        kind=described["kind"],
        language=described["language"],
        start=described["start"],
        end=described["end"],
        id=point.id,
        metadata=point.payload.get(METADATA) or {},
        why=why,
    )


def _described(point: Scored) -> Mapping[str, Any]:
    """A chunk's metadata, or of a document such as another program wrote what there is of them."""
    metadata = point.payload.get(METADATA) or {}
    if (point.payload.get(RECORD) or {}).get("kind") == CHUNK_KIND:
        return metadata
    names = (metadata.get(key) for key in PATH_KEYS)
    path = next((name for name in names if isinstance(name, str) and name), "")
    language = metadata.get("language")
    return {**_UNKNOWN, "path": path, "language": language if isinstance(language, str) else ""}


def _files(query: Query, asked: _Asked, scored: Sequence[Scored]) -> dict[tuple[str, str], _File]:
    """Candidates by file; their fused scores are shares of the best.

    A score that is far below its arm's mean is negative, and counts as nothing.
    """
    best = max((point.score for point in scored), default=0.0)
    roles, prose = role_factors(query), prose_factor(query)
    files: dict[tuple[str, str], _File] = {}
    for point in scored:
        metadata = _described(point)
        record = point.payload.get(RECORD) or {}
        # A text from no file stands for itself.
        key = metadata["root"], metadata["path"] or point.id
        if key not in files:
            files[key] = _file(query, asked, metadata["path"])
        definition = weights.DEFINITION if record.get("name") in query.names else 1.0
        role = roles.get(record.get("role", ""), 1.0)
        if metadata["language"] in weights.PROSE_LANGUAGES:
            role *= prose
        fused = max(0.0, point.score) / best / definition / role if best > 0 else 0.0
        files[key].candidates.append(_Candidate(point, metadata, fused, definition, role))
    return files


def _file(query: Query, asked: _Asked, path: str) -> _File:
    name, folder, joined = _path_words(path)
    return _File(
        name.among(asked),
        folder.among(asked),
        joined in query.compounds,
        any(f"/{path.lower()}".endswith(f"/{named}") for named in query.paths),
    )


def _score(query: Query, asked: _Asked, files: Mapping[tuple[str, str], _File]) -> None:
    """Put the parts together, and every file's further chunks behind its best."""
    rarity = _rarity(query, files)
    whole = sum(rarity.values()) or 1.0

    def share(words: frozenset[str]) -> float:
        return sum([rarity[word] for word in words]) / whole if words else 0.0

    support = {}
    for key, file in files.items():
        path = sum(
            (
                weights.FILE_NAME * share(file.name),
                weights.FOLDER * share(file.folder - file.name),
                weights.COMPOUND * file.compound,
                weights.NAMED_PATH * file.named,
            )
        )
        found = []
        for one in file.candidates:
            own = _symbol_words(one.metadata["symbol"]).among(asked)
            one.path, one.symbol = path, weights.SYMBOL * share(own)
            one.mention = weights.MENTION * _mentions(one.point, query.names)
            score = one.fused * one.definition
            one.score = (score + path + one.symbol + one.mention) * one.role
            found.append(score * one.role)
        found.sort(reverse=True)
        support[key] = sum(found[: weights.SUPPORTERS])
    most = max(support.values(), default=0.0) or 1.0
    for key, file in files.items():
        file.candidates.sort(key=_first)
        file.candidates[0].file = weights.SUPPORT * support[key] / most
        for place, one in enumerate(file.candidates):
            one.repeat = weights.REPEAT**place
            one.score = (one.score + one.file) * one.repeat


def _mentions(point: Scored, names: Sequence[str]) -> bool:
    """Whether its text has one of the names as it is written."""
    if not names:
        return False
    text = point.payload[PAGE_CONTENT].lower()
    return any(name in text for name in names)


def _first(candidate: _Candidate) -> tuple[float, str]:
    """Sorts the best first, and equal ones by id."""
    return -candidate.score, candidate.point.id


def _rarity(query: Query, files: Mapping[tuple[str, str], _File]) -> dict[str, float]:
    """How much a word says: the fewer of these files have it in their path, the more."""
    having: defaultdict[str, float] = defaultdict(lambda: 0.5)
    for word in query.words:
        count = sum(word in file.name or word in file.folder for file in files.values())
        if count:
            having[word] = count
    return {word: math.log(1 + len(files) / having[word]) for word in query.words}


@lru_cache(maxsize=1 << 14)
def _path_words(path: str) -> tuple[_Words, _Words, str]:
    """The words of a file's name, those of its folder's, and its name's run together."""
    above, _, full = path.rpartition("/")
    name = full.split(".")[0] or full
    return _words(name), _words(above.rpartition("/")[2]), run_together(name)


@lru_cache(maxsize=1 << 14)
def _symbol_words(symbol: str | None) -> _Words:
    """The words of the last part of a symbol."""
    return _words((symbol or "").rsplit(".", 1)[-1])


def _words(name: str) -> _Words:
    found = stems(name)
    return _Words(found, found.union(_beginnings(found)))


def _beginnings(words: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*map(_prefixes, words))


@lru_cache(maxsize=1 << 14)
def _prefixes(word: str) -> frozenset[str]:
    """Its beginnings of three letters or more, itself among them."""
    return frozenset(word[:end] for end in range(_SHORTEST_PREFIX, len(word) + 1))
