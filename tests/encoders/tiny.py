"""What tests of a transformer's forms share: texts, and how alike two runtimes are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cpt_rag
from cpt_rag.encoders.own_texts import own_texts

WIDTH = 32
LENGTH = 48
CODE, SAID = own_texts(40)

Save = Callable[[Path, str], Path]
"""Saves a tiny BERT to a folder, to pool in some way; gives the folder."""


def cosines(encoder: cpt_rag.Encoder, plain: cpt_rag.Encoder, texts: list[str]) -> list[float]:
    together = encoder.encode_document(texts) * plain.encode_document(texts)
    return [float(x) for x in together.sum(axis=1)]
