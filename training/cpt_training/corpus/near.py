"""Near-duplicates: MinHash over five-grams of normalised tokens, verified by exact Jaccard."""

from __future__ import annotations

import ast
import json
import re
import textwrap
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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
MARKS = np.uint64(2**26)
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


@dataclass(frozen=True, slots=True)
class Digest:
    """What is compared of a text: all of a short one, the shingles of a longer one."""

    words: str
    grams: Shingles | None

    @classmethod
    def of(cls, text: str) -> Digest:
        """Of any text; white space and the case of letters do not matter."""
        words = tokens(text)
        return cls(" ".join(words), shingles(words) if len(words) >= SIZE else None)


class NearDuplicates:
    """Finds which of the given texts another one is equal to, or nearly.

    Texts shorter than five tokens must be equal after normalisation.
    """

    def __init__(self, texts: Iterable[str], threshold: float) -> None:
        self._threshold = threshold
        self._short: dict[str, int] = {}
        self._shingles: dict[int, Shingles] = {}
        self._lsh = MinHashLSH(threshold=threshold - MARGIN, num_perm=PERMUTATIONS)
        for place, text in enumerate(texts):
            digest = Digest.of(text)
            if digest.grams is None:
                self._short.setdefault(digest.words, place)
            else:
                self._lsh.insert(place, minhash(digest.grams), check_duplication=False)
                self._shingles[place] = digest.grams
        self._marks = np.zeros(MARKS, np.bool_)
        for grams in self._shingles.values():
            self._marks[grams % MARKS] = True

    def find(self, text: Digest) -> int | None:
        """The place of a text like this one among the given ones, or None."""
        grams = text.grams
        if grams is None:
            return self._short.get(text.words)
        # |A & B| / |A | B| >= t asks for |A & B| >= t |A|: most texts end here, with certainty.
        if np.count_nonzero(self._marks[grams % MARKS]) < self._threshold * grams.size:
            return None
        candidates = sorted(self._lsh.query(minhash(grams)))
        alike = (c for c in candidates if jaccard(grams, self._shingles[c]) >= self._threshold)
        return next(alike, None)


class Sketches:
    """Documents seen so far, by their MinHash alone; finds those that are nearly equal."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._lsh = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
        self._kept: list[NDArray[np.uint32]] = []

    def add(self, sketch: bytes) -> bool:
        """Keep a document, or answer False where it is like one that was kept before."""
        values = np.frombuffer(sketch, np.uint32)
        full = _EMPTY.copy()
        full.hashvalues = values.astype(np.uint64)
        for place in self._lsh.query(full):
            if np.count_nonzero(self._kept[place] == values) >= self._threshold * PERMUTATIONS:
                return False
        self._lsh.insert(len(self._kept), full, check_duplication=False)
        self._kept.append(values)
        return True


def sketch(digest: Digest) -> bytes:
    """The MinHash of a text as bytes, none where it is too short for one."""
    if digest.grams is None:
        return b""
    return bytes(np.asarray(minhash(digest.grams).hashvalues).astype(np.uint32).tobytes())


def jaccard(first: Shingles, second: Shingles) -> float:
    """The share of common shingles in all shingles of two texts."""
    common = np.intersect1d(first, second, assume_unique=True).size
    return float(common / (first.size + second.size - common))


def evaluation_texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Set and text of all there is under a folder of evaluation sets: its longer strings.

    Python code also yields itself without its docstrings, as it would stand in a mined pair.
    """
    for path in sorted(folder.rglob("*.jsonl")):
        beir = path.name in ("corpus.jsonl", "queries.jsonl")
        name = path.relative_to(folder).parts[0].removesuffix(".jsonl")
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                for text in _strings(json.loads(line)):
                    if beir or len(text) > SHORTEST_EVALUATION_TEXT:
                        yield name, text
                        yield from ((name, part) for part in _parted(text))


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


def minhash(grams: Shingles) -> MinHash:
    """The MinHash of a text's shingles."""
    # A copy shares the permutations, which take longer to draw than to apply.
    sketch = _EMPTY.copy()
    sketch.update_batch(grams.tolist())
    return sketch
