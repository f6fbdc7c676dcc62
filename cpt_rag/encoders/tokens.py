"""The tokenizer of a static model at full speed: the ids of its ``tokenizer.json``, by tiktoken.

tiktoken merges byte pairs several times faster than the tokenizers library. It is built from the
ranks in that file; its own encodings, which it would download, are not used.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpt_rag.errors import EncoderError
from cpt_rag.text.normalise import CASE_BOUNDARY, TOKEN_PATTERN, UNDERSCORE, normalise
from cpt_rag.text.repeats import repeated_word, without_repeats

if TYPE_CHECKING:
    import tiktoken

# The only pipeline that is repeated here, with or without a last step that leaves out repeated
# words; a tokenizer.json with any other goes to sentence-transformers.
NORMALIZERS = [
    {"type": "Replace", "pattern": {"String": UNDERSCORE}, "content": " "},
    {"type": "Replace", "pattern": {"Regex": CASE_BOUNDARY}, "content": " "},
    {"type": "Lowercase"},
]
SPLIT = {
    "type": "Split",
    "pattern": {"Regex": TOKEN_PATTERN},
    "behavior": "Removed",
    "invert": True,
}


class NotStaticError(EncoderError):
    """The model is not one that the static runtime repeats exactly; another may well load it."""


class StaticTokenizer:
    """What cuts text into the ids of a static model's ``tokenizer.json``.

    Args:
        path: that file.

    Raises:
        NotStaticError: it normalises or splits in another way, or is missing.
        EncoderError: it is no JSON.
    """

    def __init__(self, path: Path) -> None:
        try:
            spec = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        except ValueError as error:
            raise damaged(path, error) from error
        within = _repeats_within(spec.get("normalizer") or {})
        if within is None or not _supported(spec):
            raise NotStaticError(
                f"{path} normalises or splits text in a way of its own, or is missing.",
                expected="the tokenizer of a static model trained by cpt_training",
                remedy="load the model with load_encoder, which picks the right runtime",
            )
        self._repeats_within = within
        self.encoding = _encoding(path.parent.name, spec["model"]["vocab"])

    def normalise(self, text: str) -> str:
        """Text as `encoding` is to have it."""
        text = normalise(text)
        return without_repeats(text, self._repeats_within) if self._repeats_within else text

    def ids(self, text: str) -> list[int]:
        """Token ids of ``text``."""
        return self.encoding.encode_ordinary(self.normalise(text))

    def count(self, text: str) -> int:
        """Length of ``text`` in tokens, repeated words among them: it grows with the text."""
        return len(self.encoding.encode_ordinary(normalise(text)))


def damaged(path: Path, error: Exception) -> EncoderError:
    """The error for a file of a model that cannot be read."""
    return EncoderError(
        f"{path} cannot be read: {error}",
        expected="a file as sentence-transformers or cpt_training wrote it",
        remedy="copy or train the model again",
    )


def _repeats_within(normalizer: dict[str, Any]) -> int | None:
    """How far a word is looked for again, 0 where it is not, None for another normaliser."""
    steps = normalizer.get("normalizers", [])
    if steps == NORMALIZERS:
        return 0
    pattern = str(steps[-1].get("pattern", {}).get("Regex", "")) if steps else ""
    for bound in re.findall(r"\{0,(\d+)\}", pattern)[:1]:
        within = int(bound) + 1
        repeats = {"type": "Replace", "pattern": {"Regex": repeated_word(within)}, "content": " "}
        if steps == [*NORMALIZERS, repeats]:
            return within
    return None


def _supported(spec: dict[str, Any]) -> bool:
    model, pre_tokenizer = spec.get("model") or {}, spec.get("pre_tokenizer") or {}
    return (
        SPLIT in pre_tokenizer.get("pretokenizers", [])
        and model.get("type") == "BPE"
        and model.get("ignore_merges") is True
    )


def _encoding(name: str, vocabulary: dict[str, int]) -> tiktoken.Encoding:
    import tiktoken

    # Each stand-in to the character whose Latin-1 code is the byte.
    to_byte = {ord(char): byte for byte, char in enumerate(_byte_alphabet())}
    ranks = {token.translate(to_byte).encode("latin-1"): rank for token, rank in vocabulary.items()}
    return tiktoken.Encoding(name, pat_str=TOKEN_PATTERN, mergeable_ranks=ranks, special_tokens={})


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
