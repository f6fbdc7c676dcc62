"""An encoder that notes what it is given, and a process that dies at a write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from numpy import float32
from numpy.typing import NDArray

import cpt_rag
from cpt_rag.qdrant.gated import GatedEngine


class Counting:
    """The shipped encoder, which notes what it is given."""

    def __init__(self, encoder: cpt_rag.Encoder, max_tokens: int | None = None) -> None:
        self._encoder = encoder
        self.max_tokens = max_tokens
        self.dimension = encoder.dimension
        self.fingerprint = encoder.fingerprint
        self.seen: list[str] = []

    def count_tokens(self, text: str) -> int:
        return self._encoder.count_tokens(text)

    def encode_query(self, texts: Sequence[str]) -> NDArray[float32]:
        return self._encoder.encode_query(texts)

    def encode_document(self, texts: Sequence[str]) -> NDArray[float32]:
        self.seen += texts
        return self._encoder.encode_document(texts)


class KilledError(BaseException):
    """Stands for a process that is no more."""


def kill_at_write(number: int, patch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Let so many writes to the engine through, and none after; tells how many there were."""
    done = 0

    def dying(write: Callable[..., None]) -> Callable[..., None]:
        def call(self: GatedEngine, *arguments: Any) -> None:
            nonlocal done
            if done == number:
                raise KilledError
            done += 1
            write(self, *arguments)

        return call

    for name in ("upsert", "delete", "delete_ids"):
        patch.setattr(GatedEngine, name, dying(getattr(GatedEngine, name)))
    return lambda: done
