"""An encoder as a part of a LlamaIndex component."""

from __future__ import annotations

import cpt_rag


class NamedEncoder:
    """An encoder that is pickled and copied as its name, and loaded where it is used.

    LlamaIndex pickles components, with all that they hold, to hand them to other processes.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._encoder: cpt_rag.Encoder | None = None

    def load(self) -> cpt_rag.Encoder:
        """The encoder itself; from disk the first time."""
        if self._encoder is None:
            self._encoder = cpt_rag.load_encoder(self._name)
        return self._encoder

    def __reduce__(self) -> tuple[type[NamedEncoder], tuple[str]]:
        return NamedEncoder, (self._name,)
