"""BM25 term weights as sparse vectors; the engine multiplies in the inverse document frequency.

A term is a word of the normalised text. An identifier of several words also gives their
concatenation, so that ``get_user_name`` and ``getUserName`` find each other as a whole and by
their parts. Saturation and length normalisation are Robertson and Zaragoza's (2009, "The
Probabilistic Relevance Framework: BM25 and Beyond", section 3.4), with a fixed mean length, since
an incremental index must not re-weigh old documents when new ones arrive.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from functools import lru_cache

from cpt_rag.text.normalise import normalise
from cpt_rag.types import SparseVector

K1 = 1.2
B = 0.75
MEAN_LENGTH = 128
# Part of a collection's identity: vectors of different parameters must not meet in one index.
SPARSE_PARAMETERS = f"bm25/1 k1={K1} b={B} length={MEAN_LENGTH}"

_CJK = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_LETTERS = "\u00c0-\u1fff\u2c00-\u2fff\u3100-\u33ff\ua000-\uf8ff\ufb00-\U0010ffff"
_identifier = re.compile(f"[A-Za-z0-9_{_LETTERS}]+|[{_CJK}]")
_word = re.compile(f"[a-z{_LETTERS}]+|[0-9]+|[{_CJK}]")


_FUNCTION_WORDS = (
    "a an and are as at be been but by can did do does for from had has have how i if in into is "
    "it its of on or so such than that the their then there these they this those to was we were "
    "what when where which who why will with would you your"
)


@lru_cache(maxsize=1 << 16)
def _terms(identifier: str) -> tuple[int, tuple[int, ...]]:
    """Number of words in an identifier, and the ids of its terms."""
    words = _word.findall(normalise(identifier))
    terms = [*words, "".join(words)] if len(words) > 1 else words
    # crc32 is stable across processes and machines, spreads over all 32 bits and runs in C.
    return len(words), tuple(zlib.crc32(term.encode("utf-8", "replace")) for term in terms)


def count_terms(text: str) -> tuple[int, Counter[int]]:
    """Number of words in ``text``, and how often it has each term."""
    length = 0
    counts: Counter[int] = Counter()
    for identifier, times in Counter(_identifier.findall(text)).items():
        words, terms = _terms(identifier)
        length += words * times
        for term in terms:
            counts[term] += times
    return length, counts


def document_vector(text: str) -> SparseVector | None:
    """Saturated, length-normalised term weights of ``text``; None where it has no word."""
    length, counts = count_terms(text)
    if not counts:
        return None
    norm = K1 * (1 - B + B * length / MEAN_LENGTH)
    indices = sorted(counts)
    return SparseVector(indices, [counts[i] * (K1 + 1) / (counts[i] + norm) for i in indices])


def query_vector(text: str) -> SparseVector | None:
    """Weight 1 for each distinct term of ``text``; None where it has no word.

    Function words are left out where there are others: nearly every document has them, so that they
    tell nothing, and take longest to look up.
    """
    _, counts = count_terms(text)
    if not counts:
        return None
    indices = sorted(counts.keys() - _FUNCTION_TERMS or counts)
    return SparseVector(indices, [1.0] * len(indices))


_FUNCTION_TERMS = frozenset(count_terms(_FUNCTION_WORDS)[1])
