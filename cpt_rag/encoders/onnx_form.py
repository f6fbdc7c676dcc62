"""Where the int8 form of an encoder lies in the user's cache, and what is known of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cpt_rag.encoders.fingerprint import TOKENIZER, WEIGHTS, digest, name_of
from cpt_rag.errors import EncoderError
from cpt_rag.types import Fingerprint

MODEL = "model.onnx"
INPUT = "input_ids"
VOCABULARY = "tokenizer.json"
MANIFEST = "manifest.json"
LAYOUT = 1
_SETTINGS = ("*.json",)


@dataclass(frozen=True)
class Source:
    """A sentence-transformers directory as a form is made of it, read once."""

    directory: Path

    @cached_property
    def digest(self) -> str:
        """sha256 over weights, tokenizer and settings: all that decides vectors."""
        parts = [digest(self.directory, which) for which in (WEIGHTS, TOKENIZER, _SETTINGS)]
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    @property
    def place(self) -> Path:
        """Folder of its form, whether or not it has been built."""
        return forms() / f"{self.directory.name}-{self.digest[:16]}"

    def form(self) -> Form | None:
        """Its form, or None where none has been built.

        Raises:
            EncoderError: there is one, and it is not as it was built.
        """
        # A digest costs the reading of all weights: not without a form of that name.
        named = any(path.name.startswith(f"{self.directory.name}-") for path in forms().glob("*"))
        return read_form(self) if named and (self.place / MANIFEST).is_file() else None


@dataclass(frozen=True, slots=True)
class Form:
    """The manifest of an int8 form.

    Args:
        source: digest of the directory it was made of.
        files: sha256 of its files, by name.
        fingerprint: that of the encoder, without its name: a form is a runtime of the same model.
        prompts: what is put in front of a text, by role.
        max_tokens: of one text; the rest is cut.
        versions: of the packages that built it.
        texts: how many texts it was held to the plain model on.
        cosine: mean over them.
        least_cosine: that of the text furthest off.
        layout: of the manifest.
    """

    source: str
    files: Mapping[str, str]
    fingerprint: Mapping[str, Any]
    prompts: Mapping[str, str]
    max_tokens: int
    versions: Mapping[str, str]
    texts: int = 0
    cosine: float = 0.0
    least_cosine: float = 0.0
    layout: int = LAYOUT

    def of(self, directory: Path) -> Fingerprint:
        """The fingerprint of the encoder in ``directory``."""
        return Fingerprint(name=name_of(directory), **self.fingerprint)

    def write(self, folder: Path) -> None:
        """Write the manifest, which makes the folder a form."""
        text = json.dumps(asdict(self), indent=2) + "\n"
        (folder / MANIFEST).write_text(text, encoding="utf-8")


def forms() -> Path:
    """The folder of all forms, in the user's cache."""
    from platformdirs import user_cache_path

    return user_cache_path("cpt-rag") / "int8"


def file_digest(path: Path) -> str:
    """sha256 of one file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_form(source: Source) -> Form:
    """The form in the place of ``source``, each of its files held to the manifest.

    Raises:
        EncoderError: something of it is missing or is not what was built.
    """
    place = source.place
    try:
        form = Form(**json.loads((place / MANIFEST).read_text(encoding="utf-8")))
        if form.layout != LAYOUT or form.source != source.digest:
            raise _broken(source, MANIFEST, "is of another version or model")
        for name, expected in form.files.items():
            if file_digest(place / name) != expected:
                raise _broken(source, name, "is not what was built")
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise _broken(source, MANIFEST, f"cannot be used: {error}") from error
    return form


def _broken(source: Source, name: str, what: str) -> EncoderError:
    return EncoderError(
        f"{source.place / name}, of the int8 form of {source.directory}, {what}.",
        expected=f"what cpt-rag encoders build wrote, layout {LAYOUT}",
        remedy=f"build it again: cpt-rag encoders build {name_of(source.directory)} --onnx, "
        "or delete that folder",
    )
