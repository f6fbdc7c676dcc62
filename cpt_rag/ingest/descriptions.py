"""What models wrote of chunks: read from a file, found in a collection, put to points.

A description goes by the digest of the text that is embedded of its chunk (`text_digest`), and is
stored with the chunk: its text and its model's name in the metadata, its vector beside the code's.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.errors import InvalidInputError
from cpt_rag.ingest.prepare import VISIBLE
from cpt_rag.ingest.records import digest_of
from cpt_rag.qdrant import CHUNK_KIND, METADATA, RECORD, Where

if TYPE_CHECKING:
    from cpt_rag.qdrant import Engine
    from cpt_rag.types import Encoder, Float32Array, Point

TEXT, MODEL = "description", "description_model"
"""Names in a chunk's metadata of its description, and of what wrote it."""

# Cosine from which on a stored vector is that of the text beside it: engines round.
_SAME = 0.999
_KEYS = ("digest", "description", "model", "prompt")
_DIGEST = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Description:
    """A text about a chunk, and the name of the model that wrote it."""

    text: str
    model: str


Descriptions = Mapping[str, Description]
"""By the digests of the chunks' embedded texts."""

Stored = Mapping[str, tuple[Description, "Float32Array"]]
"""The same, with the vectors that are stored beside the texts."""


def read_descriptions(path: str | Path) -> Descriptions:
    """The descriptions of a file of JSON Lines, as ``cpt_training.synthesis`` writes them.

    Each line is an object with the strings ``digest`` (16 hexadecimal digits), ``description``,
    ``model`` and ``prompt``; further keys are passed over. Of one digest there may be several
    lines if they are equal.

    Raises:
        InvalidInputError: the file cannot be read, or a line is something else; it is named.
    """
    found: dict[str, Description] = {}
    for number, line in _lines(Path(path)):
        digest, description, fault = _read(line)
        if not fault and found.get(digest, description) != description:
            fault = f"describes {digest} otherwise than a line above"
        if fault:
            raise InvalidInputError(
                f"line {number} of {path} {fault}",
                expected='{"digest": "16 hexadecimal digits", "description": "...", "model": "...",'
                ' "prompt": "..."}, one line for each chunk',
                remedy="mend or remove the line; nothing was written",
            )
        found[digest] = description
    return found


def check_lengths(descriptions: Descriptions, encoder: Encoder) -> None:
    """Hold descriptions to what the encoder reads without cutting.

    Raises:
        InvalidInputError: one is longer.
    """
    if encoder.max_tokens is None:
        return
    for digest, description in descriptions.items():
        tokens = encoder.count_tokens(description.text)
        if tokens > encoder.max_tokens:
            raise InvalidInputError(
                f"the description of {digest} has {tokens:,} tokens",
                expected=f"at most {encoder.max_tokens:,}, which is all that"
                f" {encoder.fingerprint.name} reads",
                remedy="describe the chunk in fewer words; nothing was written",
            )


def digest_descriptions(descriptions: Descriptions) -> str:
    """Digest of descriptions, in any order: 16 hexadecimal digits."""
    spelled = sorted((digest, one.text, one.model) for digest, one in descriptions.items())
    return hashlib.blake2b(json.dumps(spelled).encode(), digest_size=8).hexdigest()


def description_of(point: Point) -> Description | None:
    """The description that a chunk is stored with."""
    metadata = point.payload.get(METADATA)
    found = metadata if isinstance(metadata, Mapping) else {}
    text, model = found.get(TEXT), found.get(MODEL)
    if isinstance(text, str) and isinstance(model, str):
        return Description(text, model)
    return None


def redescribed(
    point: Point, description: Description | None, vector: Float32Array | None
) -> Point:
    """The same chunk with this description and its float32 (dimension,) vector, or with none."""
    metadata = {k: v for k, v in point.payload[METADATA].items() if k not in (TEXT, MODEL)}
    if description is not None:
        metadata |= {TEXT: description.text, MODEL: description.model}
    return replace(point, payload={**point.payload, METADATA: metadata}, described=vector)


def stored_descriptions(engine: Engine) -> Descriptions:
    """All descriptions of a collection's chunks; reads every chunk's payload."""
    if not engine.spec.described:
        return {}
    chunks = engine.scroll(Where({f"{RECORD}.kind": [CHUNK_KIND]}))
    pairs = ((digest_of(point), description_of(point)) for point in chunks)
    return {digest: found for digest, found in pairs if digest is not None and found is not None}


def with_vectors(points: list[Point]) -> Stored:
    """The descriptions among some chunks, with their vectors."""
    stored = {}
    for point in points:
        digest, found = digest_of(point), description_of(point)
        if digest is not None and found is not None and point.described is not None:
            stored[digest] = (found, point.described)
    return stored


def intact(stored: Stored, encoder: Encoder) -> Descriptions:
    """Those whose text still gives the vector beside it, told by embedding them again."""
    vectors = encoder.encode_document([description.text for description, _ in stored.values()])
    return {
        digest: description
        for (digest, (description, was)), vector in zip(stored.items(), vectors, strict=True)
        if float(vector @ was) >= _SAME
    }


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, counted from 1."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be read: {error.strerror or error}",
            expected="a file of descriptions, in JSON Lines",
            remedy="check the path",
        ) from error


def _read(line: bytes) -> tuple[str, Description, str]:
    """The digest and description on a line, and what is wrong with it."""
    nothing = Description("", "")
    try:
        fields = json.loads(line)
    except ValueError:  # of bytes that are no UTF-8 too
        return "", nothing, "is no JSON"
    if not isinstance(fields, dict):
        return "", nothing, "is no JSON object"
    for key in _KEYS:
        if not isinstance(fields.get(key), str):
            return "", nothing, f"has no string {key!r}"
    digest, text, model = fields["digest"], fields["description"], fields["model"]
    fault = ""
    if not _DIGEST.fullmatch(digest):
        fault = f"has the digest {digest!r}"
    elif not VISIBLE.search(text):
        fault = "has a blank description"
    elif not model.strip():
        fault = "names no model"
    elif any("\ud800" <= character <= "\udfff" for character in text + model):
        fault = "has a lone surrogate, which is no Unicode"
    return digest, Description(text, model), fault
