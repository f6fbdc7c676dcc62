"""Pairs as flat arrays of token ids, ready to be gathered into batches."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cpt_training.corpus.table import records

Bag = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class TextPair:
    """A query and the document that answers it, of one kind, in one language."""

    kind: str
    language: str
    query: str
    document: str


@dataclass(frozen=True, slots=True)
class TokenLists:
    """Many texts' token ids end to end: text i is ``ids[offsets[i]:offsets[i + 1]]``."""

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def bag(self, rows: NDArray[np.int64]) -> Bag:
        """The chosen texts as input of ``StaticEmbedding.forward``."""
        starts, ends = self.offsets[rows], self.offsets[rows + 1]
        lengths = ends - starts
        first = np.concatenate([[0], np.cumsum(lengths)])
        positions = np.repeat(starts - first[:-1], lengths) + np.arange(first[-1])
        return {
            "input_ids": torch.from_numpy(self.ids[positions].astype(np.int64)),
            "offsets": torch.from_numpy(first[:-1].astype(np.int64)),
        }


@dataclass(frozen=True, slots=True)
class PairTokens:
    """Tokenised pairs of one kind, row i of one side belonging to row i of the other."""

    queries: TokenLists
    documents: TokenLists

    def __len__(self) -> int:
        return len(self.queries)


def read_pairs(path: Path) -> Iterator[TextPair]:
    """The rows of one split of a corpus."""
    for row in records(path, ("kind", "language", "query", "document")):
        yield TextPair(**row)


def corpus_hash(directory: Path) -> str:
    """sha256 over all rows of a corpus, as its build wrote it down."""
    statistics = json.loads((directory / "statistics.json").read_text(encoding="utf-8"))
    return str(statistics["sha256"])


def tokenise(
    tokenizer: Tokenizer, texts: Iterable[str], limit: int, batch: int = 4096
) -> TokenLists:
    """Token ids of every text, the first ``limit`` of each."""
    rows: list[NDArray[np.int32]] = []
    iterator = iter(texts)
    while part := list(islice(iterator, batch)):
        encoded = tokenizer.encode_batch_fast(part, add_special_tokens=False)
        rows.extend(np.asarray(e.ids[:limit], dtype=np.int32) for e in encoded)
    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    return TokenLists(np.concatenate(rows) if rows else np.empty(0, np.int32), offsets)


def tokenise_pairs(
    tokenizer: Tokenizer, pairs: Iterable[TextPair], query_tokens: int, document_tokens: int
) -> Mapping[str, PairTokens]:
    """Tokenised pairs by kind."""
    by_kind: defaultdict[str, list[TextPair]] = defaultdict(list)
    for pair in pairs:
        by_kind[pair.kind].append(pair)
    return {
        kind: PairTokens(
            tokenise(tokenizer, (p.query for p in rows), query_tokens),
            tokenise(tokenizer, (p.document for p in rows), document_tokens),
        )
        for kind, rows in sorted(by_kind.items())
    }


def batches(
    data: Mapping[str, PairTokens], shares: Mapping[str, float], size: int, steps: int, seed: int
) -> Iterator[tuple[PairTokens, NDArray[np.int64]]]:
    """``steps`` batches, each of one kind, drawn by share and without repetition in an epoch."""
    random = np.random.default_rng(seed)
    kinds = sorted(shares)
    weights = np.array([shares[kind] for kind in kinds])
    draws = {kind: _epochs(len(data[kind]), size, random) for kind in kinds}
    for choice in random.choice(len(kinds), size=steps, p=weights / weights.sum()):
        kind = kinds[choice]
        yield data[kind], next(draws[kind])


def _epochs(rows: int, size: int, random: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    while True:
        order = random.permutation(rows)
        # The last rows of an epoch that fill no batch wait for another epoch's shuffle.
        for start in range(0, max(rows - size, 0) + 1, size):
            yield order[start : start + size]
