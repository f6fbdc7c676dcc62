"""From fused candidates to hits: what only code has is counted, and files share the list.

A hit's score is ``((fused * definition + path + symbol + mention) * role + file) * repeat``, and
`Hit.why` names these parts. The engine has multiplied by definition and role already, over all that
either arm found; the rest is counted here, over the candidates.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from cpt_rag.qdrant import METADATA, PAGE_CONTENT, RECORD
from cpt_rag.retrieve import weights
from cpt_rag.retrieve.query import Query, run_together, stems
from cpt_rag.types import Hit, Scored

_SHORTEST_PREFIX = 3


@dataclass(frozen=True, slots=True)
class _Words:
    """Stems of the words in a name, and their beginnings."""

    stems: frozenset[str]
    beginnings: frozenset[str]

    def among(self, words: Sequence[str]) -> frozenset[str]:
        """Those of ``words`` that are here, or begin one of these, or one of these them."""
        return frozenset(
            word
            for word in words
            if word in self.stems
            or word in self.beginnings
            or not self.stems.isdisjoint(_prefixes(word))
        )


@dataclass(slots=True)
class _Candidate:
    point: Scored
    metadata: Mapping[str, Any]
    why: dict[str, float]
    score: float = 0.0


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
    files = _files(query, scored)
    _score(query, files)
    ordered = sorted(
        (candidate for file in files.values() for candidate in file.candidates),
        key=lambda candidate: (-candidate.score, candidate.point.id),
    )
    texts: set[str] = set()
    hits: list[Hit] = []
    for candidate in ordered:
        text = text_key(candidate.point.payload[PAGE_CONTENT])
        if text not in texts and len(hits) < limit:
            texts.add(text)
            hits.append(to_hit(candidate.point, candidate.score, candidate.why))
    return hits


def text_key(text: str) -> str:
    """Equal for texts that are the same to a reader."""
    return text.strip()


def to_hit(point: Scored, score: float, why: Mapping[str, float]) -> Hit:
    """A point as a person or program reads it."""
    metadata: Mapping[str, Any] = point.payload[METADATA]
    return Hit(
        root=metadata["root"],
        path=metadata["path"],
        start_line=metadata["start_line"],
        end_line=metadata["end_line"],
        text=point.payload[PAGE_CONTENT],
        score=score,
        symbol=metadata["symbol"],
        kind=metadata["kind"],
        language=metadata["language"],
        start=metadata["start"],
        end=metadata["end"],
        why=why,
    )


def _files(query: Query, scored: Sequence[Scored]) -> dict[tuple[str, str], _File]:
    """Candidates by file; their fused scores are shares of the best.

    A score that is far below its arm's mean is negative, and counts as nothing.
    """
    best = max((point.score for point in scored), default=0.0)
    roles, prose = role_factors(query), prose_factor(query)
    files: dict[tuple[str, str], _File] = {}
    for point in scored:
        metadata: Mapping[str, Any] = point.payload[METADATA]
        record: Mapping[str, Any] = point.payload[RECORD]
        key = metadata["root"], metadata["path"]
        if key not in files:
            files[key] = _file(query, metadata["path"])
        definition = weights.DEFINITION if record["name"] in query.names else 1.0
        role = roles.get(record["role"], 1.0)
        if metadata["language"] in weights.PROSE_LANGUAGES:
            role *= prose
        fused = max(0.0, point.score) / best / definition / role if best > 0 else 0.0
        why = {"fused": fused, "definition": definition, "role": role}
        files[key].candidates.append(_Candidate(point, metadata, why))
    return files


def _file(query: Query, path: str) -> _File:
    name, folder, joined = _path_words(path)
    return _File(
        name.among(query.words),
        folder.among(query.words),
        joined in query.compounds,
        any(f"/{path.lower()}".endswith(f"/{named}") for named in query.paths),
    )


def _score(query: Query, files: Mapping[tuple[str, str], _File]) -> None:
    """Put the parts together, and every file's further chunks behind its best."""
    rarity = _rarity(query, files)
    whole = sum(rarity.values()) or 1.0

    def share(words: frozenset[str]) -> float:
        return sum(rarity[word] for word in words) / whole

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
        for candidate in file.candidates:
            why = candidate.why
            own = _symbol_words(candidate.metadata["symbol"]).among(query.words)
            why["path"], why["symbol"] = path, weights.SYMBOL * share(own)
            why["mention"] = weights.MENTION * _mentions(candidate.point, query.names)
            matched = why["fused"] * why["definition"] + path + why["symbol"] + why["mention"]
            candidate.score = matched * why["role"]
        found = sorted(map(_as_found, file.candidates), reverse=True)
        support[key] = sum(found[: weights.SUPPORTERS])
    most = max(support.values(), default=0.0) or 1.0
    for key, file in files.items():
        file.candidates.sort(key=lambda candidate: (-candidate.score, candidate.point.id))
        for place, candidate in enumerate(file.candidates):
            candidate.why["file"] = 0.0 if place else weights.SUPPORT * support[key] / most
            candidate.why["repeat"] = weights.REPEAT**place
            candidate.score = (candidate.score + candidate.why["file"]) * candidate.why["repeat"]


def _mentions(point: Scored, names: Sequence[str]) -> bool:
    """Whether its text has one of the names as it is written."""
    if not names:
        return False
    text = point.payload[PAGE_CONTENT].lower()
    return any(name in text for name in names)


def _as_found(candidate: _Candidate) -> float:
    """Its share of the best score that the engine gave."""
    why = candidate.why
    return why["fused"] * why["definition"] * why["role"]


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
    pure = PurePosixPath(path)
    name = pure.name.split(".")[0] or pure.name
    return _words(name), _words(pure.parent.name), run_together(name)


@lru_cache(maxsize=1 << 14)
def _symbol_words(symbol: str | None) -> _Words:
    """The words of the last part of a symbol."""
    return _words((symbol or "").rsplit(".", 1)[-1])


def _words(name: str) -> _Words:
    found = stems(name)
    return _Words(found, frozenset(part for one in found for part in _prefixes(one)))


@lru_cache(maxsize=1 << 14)
def _prefixes(word: str) -> frozenset[str]:
    """Its beginnings of three letters or more, itself among them."""
    return frozenset(word[:end] for end in range(_SHORTEST_PREFIX, len(word) + 1))
