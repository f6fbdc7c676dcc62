"""Near-duplicates: MinHash over five-grams of normalised tokens, verified by exact Jaccard."""

from __future__ import annotations

import ast
import json
import re
import textwrap
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from datasketch import MinHash, MinHashLSH  # type: ignore[import-untyped]
from numpy.typing import NDArray

from cpt_rag.text.normalise import TOKEN_PATTERN, normalise

Shingles = NDArray[np.uint64]

SIZE = 5
PERMUTATIONS = 64
SHORTEST_EVALUATION_TEXT = 20
# Candidates are gathered a little below the threshold, so that the estimate misses few.
MARGIN = 0.15
_token = re.compile(TOKEN_PATTERN)
_EMPTY = MinHash(num_perm=PERMUTATIONS, seed=1, hashfunc=int)
_POWERS = np.array([pow(0x9E3779B97F4A7C15, i + 1, 2**64) for i in range(SIZE)], dtype=np.uint64)


def tokens(text: str) -> list[str]:
    """The normalised tokens by which two texts are compared."""
    return _token.findall(normalise(text))


def shingles(words: list[str]) -> Shingles:
    """The sorted, distinct hashes of every run of five tokens."""
    hashed = np.array([zlib.crc32(word.encode("utf-8", "replace")) for word in words], np.uint64)
    count = len(words) - SIZE + 1
    rows = sum(hashed[i : i + count] * _POWERS[i] for i in range(SIZE))
    return np.unique(np.asarray(rows, np.uint64) >> np.uint64(32))


class NearDuplicates:
    """Says whether a text is one of the given texts, or nearly.

    Texts shorter than five tokens must be equal after normalisation.
    """

    def __init__(self, texts: Iterable[str], threshold: float) -> None:
        self._threshold = threshold
        self._short: set[str] = set()
        self._shingles: list[Shingles] = []
        self._lsh = MinHashLSH(threshold=threshold - MARGIN, num_perm=PERMUTATIONS)
        for text in texts:
            words = tokens(text)
            if len(words) < SIZE:
                self._short.add(" ".join(words))
                continue
            grams = shingles(words)
            self._lsh.insert(len(self._shingles), _minhash(grams), check_duplication=False)
            self._shingles.append(grams)
        every = np.concatenate(self._shingles) if self._shingles else np.array([], np.uint64)
        self._known = np.unique(every)

    def __contains__(self, text: str) -> bool:
        words = tokens(text)
        if len(words) < SIZE:
            return " ".join(words) in self._short
        if not self._known.size:
            return False
        grams = shingles(words)
        # |A & B| / |A | B| >= t asks for |A & B| >= t |A|: most texts end here, with certainty.
        places = np.minimum(np.searchsorted(self._known, grams), self._known.size - 1)
        if np.count_nonzero(self._known[places] == grams) < self._threshold * grams.size:
            return False
        candidates = self._lsh.query(_minhash(grams))
        return any(jaccard(grams, self._shingles[key]) >= self._threshold for key in candidates)


def jaccard(first: Shingles, second: Shingles) -> float:
    """The share of common shingles in all shingles of two texts."""
    common = np.intersect1d(first, second, assume_unique=True).size
    return float(common / (first.size + second.size - common))


def evaluation_texts(folder: Path) -> Iterator[str]:
    """Every text under a folder of evaluation sets: the longer strings of its JSON lines.

    Python code also yields itself without its docstrings, as it would stand in a mined pair.
    """
    for path in sorted(folder.rglob("*.jsonl")):
        beir = path.name in ("corpus.jsonl", "queries.jsonl")
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                for text in _strings(json.loads(line)):
                    if beir or len(text) > SHORTEST_EVALUATION_TEXT:
                        yield text
                        yield from _parted(text)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in ("_id", "id"):
                yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _parted(text: str) -> Iterator[str]:
    """Code without its docstring, and that docstring."""
    if '"""' not in text and "'''" not in text:
        return
    without, count = re.subn(r"(\"\"\"|''')(.*?)\1", "", text, flags=re.DOTALL)
    if count:
        yield without
        try:
            body = ast.parse(textwrap.dedent(text)).body
        except (SyntaxError, ValueError):
            return
        if body and isinstance(body[0], (ast.FunctionDef, ast.AsyncFunctionDef)):
            docstring = ast.get_docstring(body[0])
            if docstring:
                yield docstring


def _minhash(grams: Shingles) -> MinHash:
    # A copy shares the permutations, which take longer to draw than to apply.
    sketch = _EMPTY.copy()
    sketch.update_batch(grams.tolist())
    return sketch
