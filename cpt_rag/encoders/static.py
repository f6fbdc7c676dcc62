"""Static encoders at full speed: tiktoken and numpy, the same vectors as sentence-transformers.

A static encoder is a table with one row for each token; a text's vector is the mean of its tokens'
rows, scaled to length one. Tokenising is nearly all of the work, and tiktoken merges byte pairs
several times faster than the tokenizers library. It builds from the ranks in ``tokenizer.json``;
its own encodings, which it would download, are not used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
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
        self._encoding = _load_encoding(directory / "tokenizer.json")
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
        for i, text in enumerate(texts):
            # A list turned into an array: tiktoken's own way to arrays takes twice as long.
            ids = np.array(self.token_ids(text), dtype=np.intp)
            if not len(ids):
                raise blank_text(i, len(texts))
            rows = self._rows.take(ids, axis=0).astype(np.float32, copy=False)
            vectors[i] = self._scale.take(ids) @ rows
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors /= np.maximum(norms, np.finfo(np.float32).tiny)
        return vectors


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


def _load_encoding(path: Path) -> tiktoken.Encoding:
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
