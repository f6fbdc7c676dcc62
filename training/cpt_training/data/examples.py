"""Tokenised training examples, kind by kind, kept beside the corpus that they are made from."""

from __future__ import annotations

import hashlib
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cpt_rag.errors import InvalidInputError
from cpt_training.data.pairs import TextPair, corpus_hash, read_pairs
from cpt_training.data.phrasing import PHRASES, phrased
from cpt_training.data.tokens import Rows, Tokenise, TokenLists, tokenise
from cpt_training.origin import name_of
from cpt_training.sections.data import Data

AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Negatives:
    """Hard negatives of some rows, those of one row after those of another.

    ``owners``, int64 (m,), says which of the rows each belongs to; ``grades``, float32 (m,), how
    alike that row's query it is, None where nobody has said.
    """

    tokens: TokenLists
    owners: Rows
    grades: NDArray[np.float32] | None

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True, slots=True)
class Examples:
    """The examples of one kind: row i of the queries belongs to row i of the documents.

    ``languages`` names the rows of each. Hard negatives of row i are ``negatives`` from
    ``negatives_of[i]`` to ``negatives_of[i + 1]``; a corpus has none. ``grades``, float32, one for
    each negative, are there where the file of triplets has them.
    """

    queries: TokenLists
    documents: TokenLists
    languages: Mapping[str, Rows]
    negatives: TokenLists | None = None
    negatives_of: NDArray[np.int64] | None = None
    grades: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.queries)

    def negatives_for(self, rows: Rows, most: int) -> Negatives | None:
        """Up to ``most`` hard negatives of each of ``rows``, or None where there are none."""
        if self.negatives is None or self.negatives_of is None or not most:
            return None
        first, last = self.negatives_of[rows], self.negatives_of[rows + 1]
        last = np.minimum(last, first + most)
        chosen = np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)])
        return Negatives(
            self.negatives.take(chosen),
            np.repeat(np.arange(len(rows)), last - first),
            None if self.grades is None else self.grades[chosen],
        )


ByKind = Mapping[str, Examples]


@dataclass(frozen=True, slots=True)
class Tokeniser:
    """How texts become ids, and a name that changes when that does."""

    cut: Tokenise
    name: str


@dataclass(frozen=True, slots=True)
class Tokenisers:
    """One for each role."""

    query: Tokeniser
    document: Tokeniser


def corpus_examples(
    split: Path, tokenisers: Tokenisers, data: Data, most: int | None = None
) -> ByKind:
    """One split's examples of the kinds that ``data`` names, at most ``most`` of each.

    They are kept below ``tokens/`` beside the split, each side under the name of what it is made
    from: tokenising a large corpus takes longer than training a small model on it.
    """
    kept = split.parent / "tokens" / name_of(corpus_hash(split.parent), split.stem, most)
    queries = f"queries-{name_of(tokenisers.query.name, data.phrased, PHRASES)}"
    documents = f"documents-{name_of(tokenisers.document.name)}"
    sides = [
        side
        for kind in sorted(data.kinds)
        for side in (
            _Side(kind, "query", tokenisers.query, kept / kind / queries),
            _Side(kind, "document", tokenisers.document, kept / kind / documents),
        )
    ]
    missing = [side for side in sides if not side.folder.is_dir()]
    if missing:
        pairs = _pairs(split, {side.kind for side in missing})
        chosen = pairs if most is None else _sample(pairs, most)
        _write(missing, phrased(chosen, data.phrased))
    examples = {
        kind: _load(kept / kind / queries, kept / kind / documents) for kind in sorted(data.kinds)
    }
    for kind, own in examples.items():
        if not len(own):
            raise InvalidInputError(
                f"{split} has no pairs of the kind {kind!r}.",
                expected="some of every kind in data.kinds",
                remedy=f"take {kind} out of data.kinds, or add to the corpus",
            )
    return examples


def _pairs(split: Path, kinds: Iterable[str]) -> Iterator[TextPair]:
    wanted = {*kinds}
    return (pair for pair in read_pairs(split) if pair.kind in wanted)


def _sample(pairs: Iterable[TextPair], most: int) -> Iterator[TextPair]:
    """At most ``most`` of each kind, by the hash of their texts: of every package alike."""
    by_kind: defaultdict[str, list[TextPair]] = defaultdict(list)
    for pair in pairs:
        by_kind[pair.kind].append(pair)
    for own in by_kind.values():
        yield from sorted(own, key=_hash)[:most]


def _hash(pair: TextPair) -> bytes:
    content = f"{pair.query}\0{pair.document}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).digest()


@dataclass(frozen=True, slots=True)
class _Side:
    """One role of one kind: what is cut, how, and where it is kept."""

    kind: str
    role: Literal["query", "document"]
    tokeniser: Tokeniser
    folder: Path
    parts: list[TokenLists] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)

    def add(self, pairs: list[TextPair]) -> None:
        self.parts.append(tokenise(self.tokeniser.cut, [getattr(p, self.role) for p in pairs]))
        self.languages.extend(pair.language for pair in pairs)

    def save(self) -> None:
        """The folder appears when it is whole."""
        arriving = self.folder.with_name(f"{self.folder.name}.partial")
        shutil.rmtree(arriving, ignore_errors=True)
        TokenLists.joined(self.parts).save(arriving)
        names = np.array(self.languages)
        rows: dict[str, Any] = {name: np.flatnonzero(names == name) for name in np.unique(names)}
        np.savez(arriving / "languages.npz", **rows)
        arriving.replace(self.folder)


def _write(sides: list[_Side], pairs: Iterable[TextPair]) -> None:
    """One pass over the pairs, ids alone in memory."""
    iterator = iter(pairs)
    while chunk := list(islice(iterator, AT_ONCE)):
        by_kind: defaultdict[str, list[TextPair]] = defaultdict(list)
        for pair in chunk:
            by_kind[pair.kind].append(pair)
        for side in sides:
            if own := by_kind.get(side.kind):
                side.add(own)
    for side in sides:
        side.save()


def _load(queries: Path, documents: Path) -> Examples:
    with np.load(documents / "languages.npz") as languages:
        return Examples(TokenLists.load(queries), TokenLists.load(documents), dict(languages))
