"""Static encoders at full speed: tiktoken and numpy, the same vectors as sentence-transformers.

A static encoder is a table with one row for each token; a text's vector is the mean of its tokens'
rows, scaled to length one. Tokenising is most of the work, and tiktoken merges byte pairs several
times faster than the tokenizers library. It builds from the ranks in ``tokenizer.json``; its own
encodings, which it would download, are not used. A call costs it as much as a short text, so texts
go to it joined, in blocks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpt_rag.encoders.blank import blank_text
from cpt_rag.encoders.fingerprint import fingerprint
from cpt_rag.errors import EncoderError
from cpt_rag.text.normalise import CASE_BOUNDARY, TOKEN_PATTERN, UNDERSCORE, normalise

if TYPE_CHECKING:
    import numpy as np
    import tiktoken
    from numpy.typing import NDArray

    from cpt_rag.types import Fingerprint, Float32Array

# The only pipeline this runtime repeats; a tokenizer.json with any other goes to
# sentence-transformers.
NORMALIZER = {
    "type": "Sequence",
    "normalizers": [
        {"type": "Replace", "pattern": {"String": UNDERSCORE}, "content": " "},
        {"type": "Replace", "pattern": {"Regex": CASE_BOUNDARY}, "content": " "},
        {"type": "Lowercase"},
    ],
}
MODULES = ["StaticEmbedding", "Normalize"]
SPLIT = {
    "type": "Split",
    "pattern": {"Regex": TOKEN_PATTERN},
    "behavior": "Removed",
    "invert": True,
}
# Normalised text has no capitals, and no token reaches over a space: between two texts this is a
# token of its own, which no text has.
SEPARATOR = "A"
BLOCK_CHARACTERS = 1 << 16
PIECE_TOKENS = 1 << 11


class NotStaticError(EncoderError):
    """The model is not one that this runtime repeats exactly; another may well load it."""


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
        self._encoding = load_encoding(directory / "tokenizer.json")
        [self._separator] = self._encoding.encode_ordinary(SEPARATOR)
        self._rows, self._scale = _load_table(directory / "model.safetensors")
        if self._encoding.n_vocab != len(self._rows):
            raise EncoderError(
                f"{directory} has {len(self._rows)} rows for {self._encoding.n_vocab} tokens.",
                expected="one row for each token",
                remedy="copy or train the model again",
            )
        self._fingerprint = fingerprint(directory, dimension=self.dimension, pooling="mean")
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
        """Length of ``text`` in tokens."""
        return len(self.token_ids(text))

    def token_ids(self, text: str) -> list[int]:
        """Token ids of ``text``, those of the model's own ``tokenizer.json``."""
        return self._encoding.encode_ordinary(normalise(text))

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
        blocks = _blocks(texts)
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

    def _sum(self, ids: NDArray[np.intp]) -> Float32Array:
        """Sum of the rows of ``ids``, float32 (dimension,)."""
        import numpy as np

        if len(ids) > PIECE_TOKENS:  # all rows of a long text would overflow caches, then memory
            half = len(ids) // 2
            return self._sum(ids[:half]) + self._sum(ids[half:])
        rows = self._rows.take(ids, axis=0).astype(np.float32, copy=False)
        return self._scale.take(ids) @ rows


def _blocks(texts: Sequence[str]) -> Iterator[str]:
    """Normalised texts, joined until a block is large enough."""
    block: list[str] = []
    size = 0
    for text in texts:
        block.append(normalise(text))
        size += len(text)
        if size >= BLOCK_CHARACTERS:
            yield f" {SEPARATOR} ".join(block)
            block, size = [], 0
    if block:
        yield f" {SEPARATOR} ".join(block)


def _require_modules(path: Path) -> None:
    try:
        modules = json.loads(path.read_text(encoding="utf-8"))
        found = [str(module["type"]).rsplit(".", 1)[-1] for module in modules]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _damaged(path, error) from error
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
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> EncoderError:
    return EncoderError(
        f"{path} cannot be read: {error}",
        expected="a file as sentence-transformers or cpt_training wrote it",
        remedy="copy or train the model again",
    )


def load_encoding(path: Path) -> tiktoken.Encoding:
    """What cuts normalised text into the ids of a static model's ``tokenizer.json``.

    Raises:
        NotStaticError: that file normalises or splits in another way, or is missing.
        EncoderError: it is no JSON.
    """
    import tiktoken

    try:
        spec = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise _damaged(path, error) from error
    if not _supported(spec):
        raise NotStaticError(
            f"{path} normalises or splits text in a way of its own, or is missing.",
            expected="the tokenizer of a static model trained by cpt_training",
            remedy="load the model with load_encoder, which picks the right runtime",
        )
    # Each stand-in to the character whose Latin-1 code is the byte.
    to_byte = {ord(char): byte for byte, char in enumerate(_byte_alphabet())}
    ranks = {
        token.translate(to_byte).encode("latin-1"): rank
        for token, rank in spec["model"]["vocab"].items()
    }
    return tiktoken.Encoding(
        path.parent.name, pat_str=TOKEN_PATTERN, mergeable_ranks=ranks, special_tokens={}
    )


def _supported(spec: dict[str, Any]) -> bool:
    model, pre_tokenizer = spec.get("model") or {}, spec.get("pre_tokenizer") or {}
    return (
        spec.get("normalizer") == NORMALIZER
        and SPLIT in pre_tokenizer.get("pretokenizers", [])
        and model.get("type") == "BPE"
        and model.get("ignore_merges") is True
    )


def _byte_alphabet() -> list[str]:
    """The printable stand-in of each byte in a byte-level vocabulary (GPT-2's mapping)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    shift = 0x100
    alphabet = []
    for byte in range(0x100):
        if byte in printable:
            alphabet.append(chr(byte))
        else:
            alphabet.append(chr(shift))
            shift += 1
    return alphabet
