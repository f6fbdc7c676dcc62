"""Whether a text finds the code that it was written about, among others.

Round-trip consistency (Alberti et al. 2019, "Synthetic QA Corpora Generation with Roundtrip
Consistency"), for retrieval (Dai et al. 2022, "Promptagator", section 3.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cpt_training.synthesis.subject import digest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cpt_rag.types import Encoder

_BATCH = 512


def ranks(
    encoder: Encoder, texts: Sequence[str], own: Sequence[str], codes: Sequence[str], among: int
) -> NDArray[np.int64]:
    """The rank of each text's own code, from 1; another that scores the same stands before it.

    Args:
        encoder: what embeds, texts as queries and codes as documents.
        texts: (n) what was written.
        own: (n) the code that each was written about.
        codes: all there are; the others are drawn from them, the same for every text.
        among: how many others, at most.

    Returns:
        int64 (n).
    """
    # One more than is asked for: a text's own code may be one of them.
    pool = sorted(set(codes), key=digest)[: among + 1]
    place = {code: i for i, code in enumerate(pool)}
    spare = len(pool) - 1 if len(pool) > among else None
    others = encoder.encode_document(pool)
    found = np.ones(len(texts), dtype=np.int64)
    for start in range(0, len(texts), _BATCH):
        mine = own[start : start + _BATCH]
        queries = encoder.encode_query(texts[start : start + _BATCH])
        right = np.einsum("nd,nd->n", queries, encoder.encode_document(mine))
        # One code embedded in two batches may differ in its last bit.
        before = queries @ others.T >= right[:, None] - 1e-6
        for i, code in enumerate(mine):
            out = place.get(code, spare)
            if out is not None:
                before[i, out] = False
        found[start : start + len(mine)] += before.sum(axis=1)
    return found
