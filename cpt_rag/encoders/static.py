"""Static encoders at full speed: tiktoken and numpy, the same vectors as sentence-transformers.

A static encoder is a table with one row for each token; a text's vector is the mean of its tokens'
rows, scaled to length one. Tokenising is most of the work, and a call of it costs as much as a
short text, so texts go to it joined, in blocks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.encoders.blank import blank_text
from cpt_rag.encoders.files import read_json
from cpt_rag.encoders.fingerprint import fingerprint
from cpt_rag.encoders.tokens import NotStaticError, StaticTokenizer, damaged
from cpt_rag.errors import EncoderError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cpt_rag.types import Fingerprint, Float32Array

MODULES = ["StaticEmbedding", "Normalize"]
# Normalised text has no capitals, and no token reaches over a space: between two texts this is a
# token of its own, which no text has.
SEPARATOR = "A"
BLOCK_CHARACTERS = 1 << 16
PIECE_TOKENS = 1 << 11


class StaticEncoder:
    """A shipped or trained static model, run by tiktoken and numpy.

    Args:
        directory: a sentence-transformers directory of ``StaticEmbedding`` and ``Normalize``.

    Raises:
        NotStaticError: the directory is no such model.
        EncoderError: it is one, and damaged.
    """

    max_tokens: int | None = None

    def __init__(self, directory: Path) -> None:
        _require_modules(directory / "modules.json")
        self._tokenizer = StaticTokenizer(directory / "tokenizer.json")
        self._encoding = self._tokenizer.encoding
        [self._separator] = self._encoding.encode_ordinary(SEPARATOR)
        self._rows, self._scale = _load_table(directory / "model.safetensors")
        if self._encoding.n_vocab != len(self._rows):
            raise EncoderError(
                f"{directory} has {len(self._rows)} rows for {self._encoding.n_vocab} tokens.",
                expected="one row for each token",
                remedy="copy or train the model again",
            )
        prompts = read_json(directory / "config_sentence_transformers.json").get("prompts") or {}
        self._fingerprint = fingerprint(
            directory, dimension=self.dimension, pooling="mean", prompts=prompts
        )
        if self._fingerprint.prompts:
            raise NotStaticError(
                f"{directory} puts prompts in front of its texts.", expected="no prompts"
            )

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        return int(self._rows.shape[1])

    @property
    def fingerprint(self) -> Fingerprint:
        """What a collection remembers of this encoder."""
        return self._fingerprint

    def count_tokens(self, text: str) -> int:
        """Length of ``text`` in tokens, those among them that its vector leaves out as repeated."""
        return self._tokenizer.count(text)

    def token_ids(self, text: str) -> list[int]:
        """Token ids of ``text``, those of the model's own ``tokenizer.json``."""
        return self._tokenizer.ids(text)

    def encode_query(self, texts: Sequence[str]) -> Float32Array:
        """Unit rows, float32 (n, dimension). Static models treat both roles alike."""
        return self._encode(texts)

    def encode_document(self, texts: Sequence[str]) -> Float32Array:
        """Unit rows, float32 (n, dimension). Static models treat both roles alike."""
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Float32Array:
        import numpy as np

        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        done = 0
        for tokens in self._tokenise(texts):
            # From the list: tiktoken's own way to arrays takes twice as long.
            ids = np.fromiter(tokens, np.intp, len(tokens))
            start = 0
            for end in [*np.flatnonzero(ids == self._separator).tolist(), len(ids)]:
                if start == end:
                    raise blank_text(done, len(texts))
                vectors[done] = self._sum(ids[start:end])
                start = end + 1
                done += 1
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors /= np.maximum(norms, np.finfo(np.float32).tiny)
        return vectors

    def _tokenise(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Token ids of block after block, with a separator between two texts."""
        encode = self._encoding.encode_ordinary
        blocks = self._blocks(texts)
        if sum(map(len, texts)) < 2 * BLOCK_CHARACTERS:  # done before a thread has started
            yield from map(encode, blocks)
            return
        from concurrent.futures import ThreadPoolExecutor

        # tiktoken leaves Python's lock while it works, so one block is tokenised while the one
        # before is summed. More threads, or smaller blocks, would wait for the lock more than work.
        with ThreadPoolExecutor(1) as thread:
            running = thread.submit(encode, next(blocks))
            for block in blocks:
                following = thread.submit(encode, block)
                yield running.result()
                running = following
            yield running.result()

    def _blocks(self, texts: Sequence[str]) -> Iterator[str]:
        """Normalised texts, joined until a block is large enough."""
        block: list[str] = []
        size = 0
        for text in texts:
            block.append(self._tokenizer.normalise(text))
            size += len(text)
            if size >= BLOCK_CHARACTERS:
                yield f" {SEPARATOR} ".join(block)
                block, size = [], 0
        if block:
            yield f" {SEPARATOR} ".join(block)

    def _sum(self, ids: NDArray[np.intp]) -> Float32Array:
        """Sum of the rows of ``ids``, float32 (dimension,)."""
        import numpy as np

        if len(ids) > PIECE_TOKENS:  # all rows of a long text would overflow caches, then memory
            half = len(ids) // 2
            return self._sum(ids[:half]) + self._sum(ids[half:])
        rows = self._rows.take(ids, axis=0).astype(np.float32, copy=False)
        return self._scale.take(ids) @ rows


def _require_modules(path: Path) -> None:
    try:
        modules = json.loads(path.read_text(encoding="utf-8"))
        found = [str(module["type"]).rsplit(".", 1)[-1] for module in modules]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise damaged(path, error) from error
    if found != MODULES:
        raise NotStaticError(f"{path} lists {found}.", expected=f"{MODULES}")


def _load_table(path: Path) -> tuple[NDArray[np.int8 | np.float32], Float32Array]:
    """Rows, and what each is to be multiplied with; int8 rows stay so, which starts sooner."""
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(path)
        if "embedding.weight" in tensors:
            rows = tensors["embedding.weight"].astype(np.float32, copy=False)
            return rows, np.ones(len(rows), np.float32)
        return tensors["embeddings"], tensors["weights"]
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise damaged(path, error) from error
